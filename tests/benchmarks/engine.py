import asyncio
import statistics
import time
from dataclasses import dataclass
from uuid import UUID

import psutil
import psycopg

from lib.access.actor import Actor
from lib.config import get_settings
from lib.providers.base import ModelCall
from lib.providers.catalog import close_providers, get_provider
from lib.runs.launch import LaunchRequest, launch_run
from tests.benchmarks.ground import Ground, settings_with, wait_until, workers
from tests.benchmarks.instant_model import MODEL, instant_model
from tests.benchmarks.measuring import Figure, cpu_seconds
from tests.cast import make_cast
from tests.database import ClonedDatabase
from tests.factories import make_project, make_template

PHASES = 7
RUNS = 40
LAUNCHES = 20
CALLS = 30
#: Commit of a launch to first phase, and what the engine adds to a phase.
MOST_LAUNCH_MS, MOST_PHASE_MS = 100, 5

_ONE_RUN = """
    SELECT extract(epoch FROM max(completed_at) - min(started_at)) * 1000 FROM phase_executions WHERE run_id = %s
"""
_BEGAN = "SELECT extract(epoch FROM min(started_at)) FROM phase_executions WHERE run_id = %s"


Admin = psycopg.Connection[tuple[object, ...]]


def main(ground: Ground) -> list[Figure]:
    """Runs of seven phases with a model that answers at once: how many, how soon, and what the engine adds."""
    with ground.database() as database, instant_model() as endpoint, settings_with(endpoint):
        actor = make_cast(database).alice
        request = request_of(database, actor)
        with psycopg.connect(database.admin_url, autocommit=True) as admin:
            admin.execute("UPDATE organizations SET api_quota_limit = NULL")
            call = _measure_call()
            with workers(database) as (worker,):
                figures = _one_by_one(admin, actor, request, worker, call)
                one = _runs_a_second(admin, actor, request)
            with workers(database, 2):
                two = _runs_a_second(admin, actor, request)
    return [
        *figures,
        Figure(name="runs, one worker", value=one, unit="/s"),
        Figure(name="runs, two workers", value=two, unit="/s", note=f"{two / one:.2f} x one"),
    ]


def request_of(database: ClonedDatabase, actor: Actor) -> LaunchRequest:
    """A run of seven phases that the instant model answers."""
    phases = [{"code": f"P{n}", "name": f"Step {n}", "prompt": "Ideas for {{ topic }}"} for n in range(PHASES)]
    template_id = make_template(database, actor, data={"phases": phases}, status="published")
    return LaunchRequest(project_id=make_project(database, actor), template_id=template_id, model=f"openai:{MODEL}")


@dataclass(frozen=True, slots=True)
class Spent:
    """Milliseconds by the clock, and of them CPU of the process that is looked at."""

    wall: float
    cpu: float


def _measure_call() -> Spent:
    """What the call alone takes: the vendor's library, in this process, and the endpoint."""

    async def ask() -> Spent:
        provider = get_provider("openai", settings=get_settings())
        call = ModelCall(model=MODEL, prompt="Ideas for a bicycle", timeout_seconds=10)
        await provider.answer(call, on_text=lambda _: None)  # imports
        took, cpu = [], time.process_time()
        for _ in range(CALLS):
            began = time.perf_counter()
            await provider.answer(call, on_text=lambda _: None)
            took.append(1000 * (time.perf_counter() - began))
        cpu = 1000 * (time.process_time() - cpu) / CALLS
        await close_providers(settings=get_settings())
        return Spent(statistics.median(took), cpu)

    return asyncio.run(ask())


def _one_by_one(
    admin: Admin, actor: Actor, request: LaunchRequest, worker: psutil.Process, call: Spent
) -> list[Figure]:
    """One run after the other, so that none waits for another one."""
    _wait_for_end(admin, [launch_run(actor, request)])  # imports
    launched, committed, walked, cpu = [], [], [], cpu_seconds(worker)
    for _ in range(LAUNCHES):
        asked_at = time.time()
        run_id = launch_run(actor, request)
        committed_at = time.time()
        _wait_for_end(admin, [run_id])
        began_at = _number(admin, _BEGAN, run_id)
        launched.append(1000 * (began_at - asked_at))
        committed.append(1000 * (began_at - committed_at))
        walked.append(_number(admin, _ONE_RUN, run_id) / PHASES)
    phase = Spent(statistics.median(walked), 1000 * (cpu_seconds(worker) - cpu) / LAUNCHES / PHASES)
    return [
        Figure(name="launch to first phase", value=statistics.median(launched), unit="ms"),
        Figure(name="commit to first phase", value=statistics.median(committed), unit="ms", most=MOST_LAUNCH_MS),
        Figure(name="a phase", value=phase.wall, unit="ms"),
        Figure(name="a phase: the call", value=call.wall, unit="ms"),
        Figure(name="a phase: added", value=phase.wall - call.wall, unit="ms", most=MOST_PHASE_MS),
        Figure(name="a phase: CPU of the worker", value=phase.cpu, unit="ms", note="with its share of the queue"),
        Figure(name="a phase: CPU of the call", value=call.cpu, unit="ms"),
    ]


def _runs_a_second(admin: Admin, actor: Actor, request: LaunchRequest) -> float:
    """From the first attempt of the first run to the last one's end, launched as fast as it goes."""
    run_ids = [launch_run(actor, request) for _ in range(RUNS)]
    _wait_for_end(admin, run_ids)
    row = admin.execute(
        "SELECT extract(epoch FROM max(completed_at) - min(started_at)) FROM orchestration_runs WHERE id = ANY (%s)",
        [run_ids],
    ).fetchone()
    assert row is not None
    return RUNS / float(str(row[0]))


def _wait_for_end(admin: Admin, run_ids: list[UUID]) -> None:
    ended = "SELECT count(*) FROM orchestration_runs WHERE id = ANY (%s) AND status = 'completed'"
    wait_until(lambda: admin.execute(ended, [run_ids]).fetchone() == (len(run_ids),))


def _number(admin: Admin, query: str, run_id: UUID) -> float:
    row = admin.execute(query.encode(), [run_id]).fetchone()
    assert row is not None
    return float(str(row[0]))
