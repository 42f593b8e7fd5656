import statistics
import time
from uuid import UUID, uuid4

import psycopg
from psycopg.types.json import Jsonb

from lib.db.logins import Login
from tests.benchmarks.engine import MOST_PHASE_MS
from tests.benchmarks.ground import Ground
from tests.benchmarks.measuring import Figure
from tests.cast import make_cast
from tests.factories import make_project
from tests.made_runs import MODEL, admit_run, answer, make_run

PHASES = 7
RUNS = 60
ROUNDS = 5


def main(ground: Ground) -> list[Figure]:
    """What the engine's step in the database costs a phase: one worker connection, without the worker around it."""
    with ground.database() as database:
        cast = make_cast(database)
        project = make_project(database, cast.alice)
        codes = [f"Phase {n}" for n in range(PHASES)]
        with psycopg.connect(database.admin_url, autocommit=True) as admin:
            admin.execute("UPDATE organizations SET api_quota_limit = NULL")
        per_phase, runs_a_second = [], []
        with psycopg.connect(database.url(Login.WORKER), autocommit=True) as worker:
            worker.prepare_threshold = 0
            for _ in range(ROUNDS):
                runs = [make_run(database, cast.alice, project_id=project).id for _ in range(RUNS)]
                for run_id in runs:
                    admit_run(database, cast.organization_a, run_id)
                began = time.perf_counter()
                for run_id in runs:
                    _walk(worker, cast.organization_a, run_id, codes)
                seconds = time.perf_counter() - began
                per_phase.append(1000 * seconds / RUNS / PHASES)
                runs_a_second.append(RUNS / seconds)
    return [
        Figure(name="a phase", value=statistics.median(per_phase), unit="ms", most=MOST_PHASE_MS),
        Figure(name=f"runs of {PHASES} phases", value=statistics.median(runs_a_second), unit="/s"),
    ]


def _walk(worker: psycopg.Connection, organization_id: UUID, run_id: UUID, codes: list[str]) -> None:
    token = uuid4()
    worker.execute("SELECT api.open_segment(%s, %s, %s)", [organization_id, run_id, token])
    finish: list[dict[str, object]] = []
    for position, code in enumerate([*codes, None]):
        step = {
            "finish": finish,
            "begin": [_begin(code, position)] if code else [],
            "end": None if code else {"status": "completed", "error": {}},
        }
        row = worker.execute(
            "SELECT api.advance_run(%s, %s, %s, %s)", [organization_id, run_id, token, Jsonb(step)]
        ).fetchone()
        assert row is not None
        finish = [answer(UUID(begun["id"])) for begun in row[0]["begun"]]


def _begin(code: str, position: int) -> dict[str, object]:
    return {
        "code": code,
        "name": code,
        "position": position,
        "depends_on": [],
        "attempt": 1,
        "model": MODEL,
        "prompt": "What is known about a bicycle that folds into a backpack?",
    }
