"""What the installation's operator asks about how it does. The database looks again whether they are one."""

import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Final

from sqlalchemy.exc import DBAPIError

from lib import clock
from lib.db.server import find_database_folder
from lib.db.session import read_pools
from lib.errors import NotFound
from lib.health import queries
from lib.health.views import (
    Connections,
    Growth,
    Health,
    IndexFacts,
    PoolFacts,
    Removal,
    Sample,
    StatementCounts,
    StatementFacts,
    StatementSum,
    TableFacts,
    Waiting,
)
from lib.organizations.operator import Operator, door
from lib.retention.counting import add_up

#: Nobody reads on.
MOST_STATEMENTS: Final = 12
#: Of what retention removed, for so long back and no more than so many batches.
REMOVAL_DAYS, MOST_REMOVALS = 30, 1000


def read_health(operator: Operator) -> Health:
    """Work, connections, tables and indexes of this moment. Raises `NotPermitted`."""
    with door(operator) as session:
        connections, tightest = queries.read_connections(session), queries.read_tightest(session)
        work = {row.kind: Waiting(row.number, row.since) for row in queries.read_work(session)}
        return Health(
            live_workers=work.pop("workers.live").number,
            work=work,
            connections=[Connections(row.login, row.state, row.number, row.longest_ms) for row in connections],
            most_connections=queries.read_most_connections(session),
            pools=[PoolFacts(pool.login.value, pool.in_use, pool.idle, pool.most) for pool in read_pools()],
            tables=[
                TableFacts(**row._mapping, tightest_row_bytes=tightest.get(row.name))
                for row in queries.read_tables(session)
            ],
            indexes=[IndexFacts(**row._mapping) for row in queries.read_indexes(session)],
        )


def read_growth(operator: Operator) -> Growth:
    """How large the database was on each day of the last year, and what it grows by. Raises `NotPermitted`."""
    with door(operator) as session:
        rows = queries.read_sizes(session)
    found: dict[str, list[Sample]] = {}
    now = 0
    for row in rows:
        if row.taken_on is None:
            now = row.bytes
        else:
            found.setdefault(row.name, []).append(Sample(row.taken_on, row.bytes, row.live_rows))
    whole = found.pop("", [])
    return Growth(bytes=now, samples=whole, tables=found, free_bytes=_find_free_bytes())


def list_removals(operator: Operator) -> Sequence[Removal]:
    """What retention has removed in the last thirty days, a day's as one, the newest first. Raises `NotPermitted`."""
    with door(operator) as session:
        rows = queries.list_removals(session, since=_removals_since(), most=MOST_REMOVALS)
    batches: dict[tuple[str, str, date], list[Removal]] = {}
    for each in (Removal(*row) for row in rows):
        day = each.removed_at.astimezone(UTC).date()
        batches.setdefault((each.organization, each.kind, day), []).append(each)
    return [replace(each[0], counts=add_up(batch.counts for batch in each)) for each in batches.values()]


def sum_removals(operator: Operator) -> Mapping[str, int]:
    """Kind -> rows that retention has removed in the last thirty days, all of them. Raises `NotPermitted`."""
    with door(operator) as session:
        return {row.kind: row.row_count for row in queries.sum_removals(session, since=_removals_since())}


def _removals_since() -> datetime:
    return clock.now() - timedelta(days=REMOVAL_DAYS)


def _find_free_bytes() -> int | None:
    """On the disk of the embedded database; of a server that may be anywhere nobody can say."""
    with suppress(OSError):
        folder = find_database_folder()
        return shutil.disk_usage(folder).free if folder else None
    return None


def list_statements(operator: Operator) -> Sequence[StatementFacts]:
    """The statements that took most of the time; none where the server keeps no count. Raises `NotPermitted`."""
    with door(operator) as session:
        return [StatementFacts(**row._mapping) for row in queries.read_statements(session, most=MOST_STATEMENTS)]


def count_statements(operator: Operator) -> StatementCounts:
    """What all statements took, by login, and those of `list_statements`. Raises `NotPermitted`."""
    with door(operator) as session:
        slowest = [StatementFacts(**row._mapping) for row in queries.read_statements(session, most=MOST_STATEMENTS)]
        # read last: what is added meanwhile is in the sums, so that none of these has taken more than all of them
        sums = [StatementSum(row.login, int(row.calls), row.total_ms) for row in queries.sum_statements(session)]
        return StatementCounts(sums, slowest)


def explain_statement(operator: Operator, statement: str) -> Sequence[str] | None:
    """How the server answers one of `list_statements`, line by line; None where it can't say it without the values.

    Raises `NotPermitted`, and `NotFound` for a statement that is not among them: nobody has one of their own explained.
    """
    with door(operator) as session:
        if statement not in {row.statement for row in queries.read_statements(session, most=MOST_STATEMENTS)}:
            raise NotFound("statement")
        try:
            with session.begin_nested():
                return queries.explain(session, statement)
        except DBAPIError:
            return None
