"""The organization's limit, held exactly by many who launch, walk, end, cancel and resume at once; and no deadlock."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import count
from threading import Event
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.types.json import Jsonb

from lib.db.logins import Login
from lib.errors import Conflict
from lib.models.run import RunPriority
from lib.runs.service import cancel_run, resume_run
from lib.runs.turns import change_priority
from tests.at_once import attempt, is_waiting
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project
from tests.made_runs import answer, beginning, call_worker
from tests.place_log import log_places, most_at_once, places_given
from tests.records import rows
from tests.waiting_runs import admitted, line_up, set_limit
from tests.workers import until

LIMIT, ROUNDS, SEED = 3, 50, 20261128
_ADMITTED = "SELECT id FROM orchestration_runs WHERE admitted_at IS NOT NULL"
#: Workflows that nobody has taken from the queue, some of runs that have paused, ended or wait again.
_EVER_QUEUED = "SELECT split_part(workflow_uuid, ':', 1)::uuid AS id FROM dbos.workflow_status"


@pytest.fixture
def project_id(installation: Installation, cast: Cast) -> UUID:
    set_limit(installation, cast.organization_a, str(LIMIT))
    rows(installation, "UPDATE organizations SET api_quota_limit = NULL RETURNING 1")
    return make_project(installation.database, cast.max)


class Crowd:
    """Everybody who moves the organization's runs, each doing it many times."""

    def __init__(self, installation: Installation, cast: Cast, project_id: UUID) -> None:
        self._installation, self._cast, self._project_id = installation, cast, project_id
        #: Nobody launches any more.
        self.is_over = Event()

    def people(self, seed: int) -> None:
        """Somebody who launches, cancels, continues, puts in order and changes the limit to what it is."""
        chance = random.Random(seed)
        for _ in range(ROUNDS):
            line_up(self._installation, self._cast.max, self._project_id, 1)
            run_id = chance.choice(self._runs("SELECT id FROM orchestration_runs WHERE completed_at IS NULL"))
            with suppress(Conflict):  # somebody else was there first
                chance.choice(self._deeds(chance))(run_id)

    def _deeds(self, chance: random.Random) -> list[Callable[[UUID], object]]:
        priority = chance.choice(list(RunPriority))
        return [
            lambda run_id: cancel_run(self._cast.max, run_id),
            lambda run_id: resume_run(self._cast.max, run_id),
            lambda run_id: change_priority(self._cast.max, run_id, priority),
            lambda _: set_limit(self._installation, self._cast.organization_a, str(LIMIT)),
        ]

    def worker(self, seed: int) -> None:
        """What walks whatever is in the queue: a call from the quota, and an end of some kind; it sweeps too."""
        chance = random.Random(seed)
        with psycopg.connect(self._installation.database.url(Login.WORKER), autocommit=True) as connection:
            rounds = count()
            while next(rounds) < ROUNDS or not self._have_met():
                connection.execute("SELECT api.requeue_lost_runs()")
                until(lambda: self.is_over.is_set() or bool(self._runs(_ADMITTED)))  # or it is through first
                if runs := self._runs(chance.choice([_ADMITTED] * 4 + [_EVER_QUEUED])):
                    self._walk(connection, chance.choice(runs), chance.choice(["completed", "failed", "paused"]))

    def _have_met(self) -> bool:
        """Whether enough places were given, or there is nothing left to walk."""
        return self.is_over.is_set() and (places_given(self._installation) > ROUNDS or not self._runs(_ADMITTED))

    def _walk(self, connection: psycopg.Connection, run_id: UUID, status: str) -> None:
        key = [self._cast.organization_a, run_id, uuid4()]
        opened: Any = connection.execute("SELECT api.open_segment(%s, %s, %s)", key).fetchone()
        advance = "SELECT api.advance_run(%s, %s, %s, %s)"
        if opened[0]["state"] == "cancelling":  # left alone, such runs would keep every place in the end
            connection.execute(advance, [*key, Jsonb({"end": {"status": "cancelled", "error": {}}})])
        if opened[0]["state"] != "running":
            return
        newest = max(phase["attempt"] for phase in opened[0]["phases"] if phase["code"] == "Phase 0")
        fresh = [phase for phase in opened[0]["phases"] if phase["code"] == "Phase 0" and phase["status"] == "pending"]
        if fresh:
            step = {"begin": [beginning("Phase 0", attempt=newest)]}
            begun: Any = connection.execute(advance, [*key, Jsonb(step)]).fetchone()
            if begun[0]["state"] == "running":
                finish = [answer(begun[0]["begun"][0]["id"])]
                connection.execute(advance, [*key, Jsonb({"finish": finish})])
        connection.execute(advance, [*key, Jsonb({"end": {"status": status, "error": {}}})])

    def _runs(self, query: str) -> list[UUID]:
        return [found["id"] for found in rows(self._installation, query)]


def test_limit_is_held_exactly_whatever_happens_at_once(
    installation: Installation, cast: Cast, project_id: UUID
) -> None:
    log_places(installation)
    crowd = Crowd(installation, cast, project_id)
    with ThreadPoolExecutor(8) as pool:
        people = [pool.submit(crowd.people, SEED + number) for number in range(4)]
        workers = [pool.submit(crowd.worker, SEED - number) for number in range(4)]
        for person in people:
            person.result()
        crowd.is_over.set()
        for worker in workers:
            worker.result()
    assert places_given(installation) > ROUNDS, "they hardly met"
    assert most_at_once(installation) == {cast.organization_a: LIMIT}
    call_worker(installation.database, "SELECT api.requeue_lost_runs()")
    live = rows(
        installation,
        "SELECT count(*) AS all, count(admitted_at) AS admitted FROM orchestration_runs "
        "WHERE status IN ('queued', 'running')",
    )
    assert live[0]["admitted"] == min(live[0]["all"], LIMIT), "a place is left free while somebody waits"


def test_two_launches_that_find_one_place_do_not_both_get_it(
    installation: Installation, cast: Cast, project_id: UUID
) -> None:
    first = line_up(installation, cast.max, project_id, LIMIT - 1)
    with psycopg.connect(installation.database.admin_url) as holder:
        holder.execute("SELECT 1 FROM organizations WHERE id = %s FOR NO KEY UPDATE", [cast.organization_a])
        with (
            attempt(lambda: line_up(installation, cast.max, project_id, 1)) as one,
            attempt(lambda: line_up(installation, cast.mona, make_project(installation.database, cast.mona), 1)) as two,
        ):
            until(lambda: is_waiting(installation))
            holder.commit()
    assert len(admitted(installation, [*first, *one[0], *two[0]])) == LIMIT  # type: ignore[misc] # what line_up made
