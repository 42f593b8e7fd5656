"""Every state of a run by everything that people and workers can do to it: what comes of it, in one table.

Beside it stands what happens by accident, in any order: `test_random_walk`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from lib.errors import Conflict
from lib.models.review import Decision
from lib.models.run import RunStatus
from lib.reviews.service import decide_review, get_review
from lib.runs.service import cancel_run, resume_run
from lib.runs.states import RUN_MOVES
from lib.runs.steering import finish_run, pause_run, raise_cost_limit
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project
from tests.made_reviews import make_waiting
from tests.made_runs import (
    MadeRun,
    admit_run,
    answer,
    ask_to_cancel,
    beginning,
    call_worker,
    end_run,
    make_run,
    open_run,
)
from tests.records import Record, row, rows

#: What the run is afterwards: `=` is what it was, and a wish that its worker will follow, or nothing to do; `-` is a
#: refusal in words that changes nothing. Nothing stands where no answer waits.
TABLE = """
                         | pause  | continue | cancel    | end here  | spend more | approve | redo   | reject | take
queued                   | paused | -        | cancelled | -         | =          |         |        |        | running
running                  | =      | -        | =         | -         | =          |         |        |        | =
running, to be paused    | =      | =        | =         | -         | =          |         |        |        | paused
running, to be cancelled | -      | -        | =         | -         | =          |         |        |        | =
running beside a review  | =      | -        | =         | -         | =          | =       | =      | =      | =
waiting_review           | paused | -        | cancelled | -         | =          | queued  | queued | failed | =
paused by a person       | -      | queued   | cancelled | completed | =          |         |        |        | =
paused beside a review   | -      | queued   | cancelled | completed | =          | =       | =      | failed | =
paused by the quota      | -      | queued   | cancelled | completed | =          |         |        |        | =
paused for its cost      | -      | -        | cancelled | completed | queued     |         |        |        | =
completed                | -      | -        | -         | -         | -          |         |        |        | =
failed                   | -      | -        | -         | -         | -          |         |        |        | =
cancelled                | -      | -        | -         | -         | -          |         |        |        | =
cancelled in a review    | -      | -        | -         | -         | -          | -       | -      | -      | =
"""
LIMIT = "UPDATE orchestration_runs SET cost_limit_usd = 0.02 WHERE id = %s AND status <> ALL (%s) RETURNING 1"
ENDED = [status.value for status, moves in RUN_MOVES.items() if not moves]


@dataclass(frozen=True, slots=True)
class Place:
    """Where runs are made: max's project. Mona does what is done to them."""

    installation: Installation
    cast: Cast
    project_id: UUID

    def make(self) -> MadeRun:
        """A run in the queue."""
        return make_run(self.installation.database, self.cast.max, project_id=self.project_id)

    def wait(self, **more: Any) -> MadeRun:
        """A run whose first answer waits for a review."""
        return make_waiting(self.installation.database, self.cast.max, project_id=self.project_id, **more).run

    def take(self, run: MadeRun) -> MadeRun:
        """The same once a worker has begun its first phase."""
        open_run(self.installation.database, self.cast.organization_a, run.id).advance(begin=[beginning("Phase 0")])
        return run

    def stop(self, run: MadeRun, kind: str) -> MadeRun:
        """The same once its worker has let it lie after the first phase."""
        held = open_run(self.installation.database, self.cast.organization_a, run.id)
        held.advance(begin=[beginning("Phase 0")])
        held.advance(finish=[answer(run.phases["Phase 0"])])
        rows(self.installation, LIMIT, run.id, ENDED)
        assert held.advance(end={"status": "paused", "error": {"kind": kind}})["state"] == "paused"
        return run

    def end(self, status: str) -> MadeRun:
        """A run that has ended."""
        run = self.make()
        end_run(self.installation.database, self.cast.max, run, status=status)
        return run

    def ask(self, run: MadeRun, what: Callable[..., object]) -> MadeRun:
        """The same once mona has asked for that."""
        what(self.cast.mona, run.id)
        return run

    def ask_to_cancel(self, run: MadeRun) -> MadeRun:
        """The same once its end was asked for, and nobody has ended it yet."""
        ask_to_cancel(self.installation.database, self.cast.max, run.id)
        return run

    def look(self, run: MadeRun) -> Record:
        """The run's row."""
        return row(self.installation, "SELECT * FROM orchestration_runs WHERE id = %s", run.id)


STATES: Mapping[str, Callable[[Place], MadeRun]] = {
    "queued": Place.make,
    "running": lambda place: place.take(place.make()),
    "running, to be paused": lambda place: place.ask(place.take(place.make()), pause_run),
    "running, to be cancelled": lambda place: place.ask_to_cancel(place.take(place.make())),
    "running beside a review": lambda place: place.wait(is_held=True),
    "waiting_review": Place.wait,
    "paused by a person": lambda place: place.ask(place.make(), pause_run),
    "paused beside a review": lambda place: place.ask(place.wait(), pause_run),
    "paused by the quota": lambda place: place.stop(place.make(), "organization_quota"),
    "paused for its cost": lambda place: place.stop(place.make(), "cost_limit"),
    "completed": lambda place: place.end("completed"),
    "failed": lambda place: place.end("failed"),
    "cancelled": lambda place: place.end("cancelled"),
    "cancelled in a review": lambda place: place.ask(place.wait(), cancel_run),
}


def _decide(decision: Decision) -> Callable[[Place, MadeRun], object]:
    def say(place: Place, run: MadeRun) -> object:
        review_id = row(place.installation, "SELECT id FROM review_requests WHERE run_id = %s", run.id)["id"]
        mona = place.cast.mona
        return decide_review(mona, review_id, decision, seen=get_review(mona, review_id).seen, comment="Because.")

    return say


def _take(place: Place, run: MadeRun) -> None:
    """Another worker takes the run, if there is anything to take; the one before writes nothing from then on."""
    before = place.look(run)
    database, organization_id = place.installation.database, place.cast.organization_a
    admit_run(database, organization_id, run.id)
    opened = call_worker(database, "SELECT api.open_segment(%s, %s, %s)", organization_id, run.id, uuid4())
    if opened["state"] != "gone" and before["worker_token"]:
        nothing = ("{}", organization_id, run.id, before["worker_token"])
        late = call_worker(database, "SELECT api.advance_run(%s, %s, %s, %s)", *nothing[1:], nothing[0])
        assert late == {"state": "lost"}


EVENTS: Mapping[str, Callable[[Place, MadeRun], object]] = {
    "pause": lambda place, run: pause_run(place.cast.mona, run.id),
    "continue": lambda place, run: resume_run(place.cast.mona, run.id),
    "cancel": lambda place, run: cancel_run(place.cast.mona, run.id),
    "end here": lambda place, run: finish_run(place.cast.mona, run.id),
    "spend more": lambda place, run: raise_cost_limit(
        place.cast.mona, run.id, Decimal(1), seen=place.look(run)["cost_limit_usd"]
    ),
    "approve": _decide(Decision.APPROVE),
    "redo": _decide(Decision.REDO),
    "reject": _decide(Decision.REJECT),
    "take": _take,
}


def _read(table: str) -> Iterator[tuple[str, str, str]]:
    """State, event, and what comes of it."""
    head, *lines = table.strip("\n").splitlines()
    events = [cell.strip() for cell in head.split("|")[1:]]
    for line in lines:
        state, *cells = (cell.strip() for cell in line.split("|"))
        yield from ((state, event, cell) for event, cell in zip(events, cells, strict=True) if cell)


CELLS = tuple(_read(TABLE))


@pytest.fixture
def place(installation: Installation, cast: Cast) -> Place:
    return Place(installation, cast, make_project(installation.database, cast.max))


def test_table_is_whole() -> None:
    states, events = {state for state, _, _ in CELLS}, {event for _, event, _ in CELLS}
    assert (states, events) == (set(STATES), set(EVENTS))
    assert {state.replace(",", "").split()[0] for state in states} == {status.value for status in RunStatus}


@pytest.mark.parametrize("state", STATES)
def test_what_comes_of_each_event(place: Place, state: str) -> None:
    for event, expected in ((event, expected) for found, event, expected in CELLS if found == state):
        run = STATES[state](place)
        before = place.look(run)
        assert before["status"] == state.replace(",", "").split()[0]
        if expected == "-":
            with pytest.raises(Conflict):
                EVENTS[event](place, run)
            assert place.look(run) == before, event
        else:
            EVENTS[event](place, run)
            assert place.look(run)["status"] == (before["status"] if expected == "=" else expected), event
