"""A run that is being written, without a model and a worker: the benchmark writes its answer on, word by word."""

from dataclasses import dataclass, field
from uuid import UUID

import psycopg

from lib.access.actor import Actor
from tests.database import ClonedDatabase
from tests.factories import make_project
from tests.made_runs import MODEL, HeldRun, answer, call_worker, make_run, open_run

PHASES = 7
#: What a model writes in a second, about.
CHARACTERS_A_SECOND = 400

_PARAGRAPH = """## A folding bicycle

It folds **twice**, so that it fits into a backpack of `40 l`, and weighs *eight* kilograms.

* The frame is made of aluminium.
* The wheels have 16 inches.

| part | price |
|---|---|
| frame | 400 |

"""


@dataclass(slots=True)
class LiveRun:
    """The run, its project, and the attempt that is being written."""

    project_id: UUID
    held: HeldRun
    writing: UUID
    text: str
    phases: int
    _written: int = field(default=0)

    @property
    def run_id(self) -> UUID:
        return self.held.run_id

    def write_more(self) -> None:
        """Another second of writing; it begins with half of the answer and goes on as long as it is asked."""
        self._written = (self._written or len(self.text) // 2) + CHARACTERS_A_SECOND
        so_far = (self.text * (1 + self._written // len(self.text)))[: self._written]
        who = (self.held.organization_id, self.held.token, self.writing)
        call_worker(self.held.database, "SELECT api.write_stream(%s, %s, %s, %s)", *who, so_far)


def start_live_run(database: ClonedDatabase, actor: Actor, *, answer_characters: int, phases: int = PHASES) -> LiveRun:
    """A run of so many phases, half of them done with answers of that length, one being written."""
    project_id = make_project(database, actor)
    run = make_run(database, actor, project_id=project_id, title="A run that is being written")
    held = open_run(database, actor.organization_id, run.id)
    text = (_PARAGRAPH * (1 + answer_characters // len(_PARAGRAPH)))[:answer_characters]
    _make_phases(database, run.id, phases)
    begun: list[dict[str, str]] = []
    for position in range(phases // 2 + 1):
        finish = [answer(UUID(one["id"]), response=text) for one in begun]
        begun = held.advance(finish=finish, begin=[_beginning(position, prompt=text)])["begun"]
    live = LiveRun(project_id, held, UUID(begun[0]["id"]), text, phases)
    live.write_more()
    return live


def _beginning(position: int, *, prompt: str) -> dict[str, object]:
    code = f"Phase {position}"
    return {
        "code": code,
        "name": f"Step {position}",
        "position": position,
        "depends_on": [],
        "attempt": 1,
        "model": MODEL,
        "prompt": prompt,
    }


def _make_phases(database: ClonedDatabase, run_id: UUID, phases: int) -> None:
    """Those that `make_run` has not made."""
    with psycopg.connect(database.admin_url) as connection:
        connection.execute("UPDATE orchestration_runs SET total_phases = %s WHERE id = %s", [phases, run_id])
        for position in range(2, phases):
            connection.execute(
                "INSERT INTO phase_executions (organization_id, run_id, phase_code, phase_name, position, model) "
                "SELECT organization_id, id, %s, %s, %s, model FROM orchestration_runs WHERE id = %s",
                [f"Phase {position}", f"Step {position}", position, run_id],
            )
