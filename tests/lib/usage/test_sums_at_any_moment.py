"""Writers that come late, workers, retention and readers, in any order: what is read is what the rows add up to."""

import random
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from psycopg import Connection

from lib import clock
from lib.db.logins import Login
from lib.usage.periods import last_days, today_in
from lib.usage.service import read_dashboard
from lib.usage.views import Dimension, UsageQuery
from tests import doors
from tests.cast import Cast
from tests.checked_usage import check_dashboard, compare, reading_as
from tests.conftest import Installation
from tests.factories import make_project
from tests.made_retention import midnight, remove_batch, set_retention, tomorrow
from tests.made_usage import make_up, roll_up, write_calls
from tests.raw_usage import ZONES, RawUsage, past_all_rules

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

#: Usage is kept so long; what is looked at begins before.
KEPT_DAYS, LOOKED_AT_DAYS = 40, 43
DIMENSIONS = [by for by in Dimension if by is not Dimension.ERROR]
_CHANGE = "UPDATE api_usage SET cost_usd = %s WHERE id = (SELECT id FROM api_usage ORDER BY id OFFSET %s LIMIT 1)"
_EMPTY = "DELETE FROM {}"
_TABLES = ("api_usage", "usage_hourly", "usage_daily", "usage_open_hours", "usage_open_days")


class Happening:
    """One organization's usage, and who is at work on it in transactions of their own."""

    def __init__(
        self, installation: Installation, cast: Cast, projects: Sequence[UUID], *, zone: str, seed: int
    ) -> None:
        self.database, self.cast, self.projects = installation.database, cast, projects
        self.chance = random.Random(seed)
        self.period = last_days(LOOKED_AT_DAYS, today_in(zone), zone)
        self.raw = RawUsage(past_all_rules(installation), cast.organization_a, self.period)
        self._open = ExitStack()
        self._writers: list[Connection] = []
        self._worker: Connection | None = None
        self._readers: list[Session] = []
        self._begin()

    def _begin(self) -> None:
        with doors.admin(self.database) as connection:
            connection.execute("SET LOCAL session_replication_role = replica")
            for table in _TABLES:
                connection.execute(_EMPTY.format(table).encode())
        set_retention(self.database, self.cast.organization_a, usage_days=KEPT_DAYS)

    def end(self) -> None:
        """Whoever has not committed does not any more."""
        for connection in (*self._writers, *([self._worker] if self._worker else [])):
            connection.rollback()
        self._open.close()

    def write(self) -> None:
        """Calls of this hour and of hours long gone, there at once."""
        self._end_summing()
        with doors.admin(self.database) as connection:
            self._write(connection)

    def begin_to_write(self) -> None:
        """Calls that nobody sees before their writer commits."""
        self._end_summing()
        connection = self._open.enter_context(doors.admin(self.database))
        self._write(connection)
        self._writers.append(connection)

    def commit(self) -> None:
        """The writer that has waited longest commits."""
        if self._writers:
            self._writers.pop(0).commit()

    def roll_back(self) -> None:
        """The writer that came last thinks better of it."""
        if self._writers:
            self._writers.pop().rollback()

    def change(self) -> None:
        """A call's cost becomes known later, as that of a trial."""
        self._end_summing()
        with doors.admin(self.database) as connection:
            connection.execute(_CHANGE, [Decimal(self.chance.randint(0, 3)), self.chance.randint(0, 5)])

    def sum_up(self) -> None:
        """A worker sums up all that it may."""
        self._end_summing()
        roll_up(self.database)

    def sum_up_one(self) -> None:
        """A worker sums up one hour or day, and ends."""
        self._end_summing()
        with doors.login(self.database, Login.WORKER) as connection:
            connection.execute("SELECT api.roll_up_usage(1)")

    def begin_to_sum_up(self) -> None:
        """A worker sums up what nobody sees before it commits."""
        self._end_summing()
        self._worker = self._open.enter_context(doors.login(self.database, Login.WORKER))
        self._worker.execute("SELECT api.roll_up_usage(%s)", [self.chance.choice([2, 50])])

    def kill_worker(self) -> None:
        """It is as if it had not begun."""
        if self._worker:
            self._worker.rollback()
            self._worker = None

    def expire(self) -> None:
        """A few of the calls go that are older than they are kept."""
        self._end_summing()
        if remove_batch(self.database, rows=self.chance.choice([1, 4])) is None:
            tomorrow(self.database)

    def begin_to_read(self) -> None:
        """Somebody whose moment stays this one, whatever happens meanwhile."""
        self._readers.append(self._open.enter_context(reading_as(self.cast)))
        compare(self._readers[-1], self.cast, self.period)

    def see(self, by: Dimension) -> None:
        """What a page reads at this moment, and what those read that began before."""
        query = UsageQuery(period=self.period)
        found = read_dashboard(self.cast.mona, query, by=by, top=by, with_latency=True)
        check_dashboard(found, self.raw, by, "day")
        for number, session in enumerate(self._readers):
            compare(session, self.cast, self.period, is_fresh=bool(number % 2))

    def _end_summing(self) -> None:
        """The worker commits: it would keep whoever comes now waiting."""
        if self._worker:
            self._worker.commit()
            self._worker = None

    def _write(self, connection: Connection) -> None:
        people, chance = [self.cast.alice.user_id, self.cast.max.user_id], self.chance
        cut = midnight(KEPT_DAYS)
        ago = [clock.now() - timedelta(hours=hours) for hours in (0, 1, 1, 27, 28)]
        moments = [*ago, cut, cut - timedelta(microseconds=1), cut - timedelta(hours=30)]
        calls = [
            make_up(chance, self.projects, people, days=1) | {"provider": "local", "created_at": chance.choice(moments)}
            for _ in range(3)
        ]
        write_calls(connection, self.cast.organization_a, calls)


#: What happens, as often as it is to.
STEPS: Sequence[Callable[[Happening], None]] = [
    *[Happening.write] * 2,
    *[Happening.begin_to_write] * 3,
    *[Happening.commit] * 3,
    Happening.roll_back,
    Happening.change,
    *[Happening.sum_up] * 3,
    *[Happening.sum_up_one] * 2,
    *[Happening.begin_to_sum_up] * 2,
    Happening.kill_worker,
    *[Happening.expire] * 3,
    Happening.begin_to_read,
]


@pytest.fixture
def projects(installation: Installation, cast: Cast) -> list[UUID]:
    return [make_project(installation.database, cast.alice, name=f"P{number}") for number in range(2)]


@pytest.mark.timeout(600)  # a hundred pages are read, each held against a dozen statements
# not shrunk: that takes minutes, and a list of steps can be read
@settings(
    max_examples=8,
    phases=(Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    zone=st.sampled_from(ZONES),
    seed=st.integers(0, 1_000),
    steps=st.lists(st.sampled_from(STEPS), min_size=8, max_size=14),
)
def test_page_says_what_the_rows_add_up_to_whoever_is_at_work(
    installation: Installation,
    cast: Cast,
    projects: list[UUID],
    *,
    zone: str,
    seed: int,
    steps: Sequence[Callable[[Happening], None]],
) -> None:
    happening = Happening(installation, cast, projects, zone=zone, seed=seed)
    try:
        happening.write()
        for number, step in enumerate(steps):
            step(happening)
            happening.see(DIMENSIONS[number % len(DIMENSIONS)])
    finally:
        happening.end()
