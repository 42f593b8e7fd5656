"""Organizations take turns in the queue where the places of the workers are scarce."""

from uuid import UUID

import pytest

from lib.access.actor import Actor
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project
from tests.made_runs import MadeRun
from tests.records import rows
from tests.waiting_runs import line_up, set_limit

PLACES, LARGE = 8, 20
#: As a worker asks the queue.
_NEXT = (
    "SELECT workflow_uuid FROM dbos.workflow_status WHERE status = 'ENQUEUED' ORDER BY priority, created_at LIMIT %s"
)
_TAKE = "UPDATE dbos.workflow_status SET status = 'PENDING' WHERE workflow_uuid = ANY (%s) RETURNING workflow_uuid"
_END = """
    UPDATE dbos.workflow_status SET status = 'SUCCESS', deduplication_id = NULL
     WHERE workflow_uuid LIKE %s AND status = 'PENDING' RETURNING 1"""


@pytest.fixture
def large(installation: Installation, cast: Cast) -> list[MadeRun]:
    """Twenty runs of a large organization, as many as it may have at a time."""
    set_limit(installation, cast.organization_a, str(LARGE))
    rows(installation, "UPDATE organizations SET subscription_tier = 'enterprise' RETURNING 1")
    return _launch(installation, cast.alice, LARGE)


def _launch(installation: Installation, actor: Actor, count: int) -> list[MadeRun]:
    return line_up(installation, actor, make_project(installation.database, actor), count)


def _take(installation: Installation, places: int) -> list[UUID]:
    """Runs that workers with so many free places begin, in this order."""
    found = [each["workflow_uuid"] for each in rows(installation, _NEXT, places)]
    rows(installation, _TAKE, found)
    return [UUID(each.partition(":")[0]) for each in found]


def _end(installation: Installation, run_id: UUID) -> None:
    assert rows(installation, _END, f"{run_id}:%") != []


def test_one_run_of_a_small_organization_begins_next(
    installation: Installation, cast: Cast, large: list[MadeRun]
) -> None:
    assert _take(installation, PLACES) == [run.id for run in large[:PLACES]]
    (small,) = _launch(installation, cast.charlie, 1)
    _end(installation, large[0].id)
    assert _take(installation, 1) == [small.id], "all places were the large one's, and twelve of its runs wait"


def test_before_anything_is_walked_it_is_the_second(
    installation: Installation, cast: Cast, large: list[MadeRun]
) -> None:
    (small,) = _launch(installation, cast.charlie, 1)
    assert _take(installation, 2) == [large[0].id, small.id]


def test_who_has_had_a_turn_gives_the_next_one_to_the_others(
    installation: Installation, cast: Cast, large: list[MadeRun]
) -> None:
    _take(installation, PLACES)
    small = _launch(installation, cast.charlie, 4)
    begun = []
    for _ in range(6):
        (run_id,) = _take(installation, 1)
        begun.append(run_id)
        _end(installation, run_id)
    assert begun == [small[0].id, large[8].id, small[1].id, large[9].id, small[2].id, large[10].id]


def test_nobody_saves_up_turns(installation: Installation, cast: Cast, large: list[MadeRun]) -> None:
    """A run that takes for ever holds the place of its own turn, and not the time at which the queue is."""
    (lasting,) = _launch(installation, cast.charlie, 1)
    _take(installation, LARGE - 4)
    small = _launch(installation, cast.charlie, 3)
    assert _take(installation, 4) == [small[0].id, large[15].id, small[1].id, large[16].id]
    assert lasting.id not in _take(installation, LARGE)
