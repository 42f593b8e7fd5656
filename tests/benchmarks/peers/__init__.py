import asyncio
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import psycopg

from lib.access.actor import Actor
from lib.config import ROOT
from lib.db.logins import Login
from lib.engine.segment import Segment
from lib.engine.store import RunKey, Store
from lib.providers.base import ModelAnswer, ModelCall, ModelChoice
from lib.runs.launch import LaunchRequest, launch_run
from tests.benchmarks.engine import request_of
from tests.benchmarks.ground import Ground, settings_with
from tests.benchmarks.instant_model import ANSWER, MODEL, instant_model
from tests.benchmarks.measuring import Figure
from tests.cast import make_cast
from tests.database import ClonedDatabase

PYTHON = ROOT / "build" / "peers" / "bin" / "python"
HERE = Path(__file__).parent
PHASES = 7
AT_ONCE = 8
ROUNDS = 5
RUNS = {"ours": 80, "langgraph": 80, "prefect": 4}
LEAST_OVER_LANGGRAPH, LEAST_OVER_PREFECT = 1.5, 40


def main(ground: Ground) -> list[Figure]:
    """Seven phases that answer at once, on one PostgreSQL: ours, LangGraph with its checkpointer in sync, Prefect 3."""
    if not PYTHON.exists():
        raise SystemExit("The peers have an environment of their own: run `make bench-peers`.")
    rates: dict[str, list[float]] = {name: [] for name in RUNS}
    with ground.database() as database, instant_model() as endpoint, settings_with(endpoint):
        actor = make_cast(database).alice
        request = request_of(database, actor)
        with psycopg.connect(database.admin_url, autocommit=True) as admin:
            admin.execute("UPDATE organizations SET api_quota_limit = NULL, subscription_tier = 'pro'")
        with (
            _peer_database(database, "peers_langgraph") as langgraph,
            _peer_database(database, "peers_prefect") as prefect,
        ):
            contestants: dict[str, Callable[[], float]] = {
                "ours": lambda: _ours(database, actor, request),
                "langgraph": lambda: _peer("langgraph", {"PEERS_DSN": langgraph}),
                "prefect": lambda: _prefect(prefect),
            }
            for _ in range(ROUNDS):  # in turn, so that a busy minute of the machine meets all of them
                for name, measure in contestants.items():
                    rates[name].append(measure())
    return _figures(rates)


def _figures(rates: dict[str, list[float]]) -> list[Figure]:
    medians = {name: statistics.median(found) for name, found in rates.items()}
    over = {
        peer: statistics.median(ours / theirs for ours, theirs in zip(rates["ours"], rates[peer], strict=True))
        for peer in ("langgraph", "prefect")
    }
    goals = {"langgraph": LEAST_OVER_LANGGRAPH, "prefect": LEAST_OVER_PREFECT}
    return [
        *(Figure(name=f"{name}: runs of {PHASES} phases", value=rate, unit="/s") for name, rate in medians.items()),
        *(
            Figure(name=f"ours over {peer}", value=ratio, unit="x", note=f"goal: at least {goals[peer]}")
            for peer, ratio in over.items()
        ),
    ]


class _InstantProvider:
    """A model in this process that has the answer already: what is left is the engine."""

    name = "openai"
    is_free = True

    def endpoint_of(self, model: str) -> str:
        return "/v1/chat/completions"

    async def answer(self, call: ModelCall, *, on_text: Callable[[str], None]) -> ModelAnswer:
        on_text(ANSWER)
        return ModelAnswer(
            text=ANSWER,
            model=call.model,
            prompt_tokens=150,
            completion_tokens=11,
            cost_usd=Decimal(0),
            finish_reason="stop",
            first_token_ms=0,
            execution_time_ms=0,
            status=200,
        )

    async def check(self, model: str) -> None:
        return None

    async def models(self) -> tuple[str, ...]:
        return (MODEL,)


def _ours(database: ClonedDatabase, actor: Actor, request: LaunchRequest) -> float:
    """One process walks launched runs, several at once: fence, quota, usage rows, audit and policies included."""
    run_ids = [launch_run(actor, request) for _ in range(RUNS["ours"] + AT_ONCE)]
    return asyncio.run(_walk_all(database.url(Login.WORKER), actor.organization_id, run_ids))


async def _walk_all(url: str, organization_id: UUID, run_ids: list[UUID]) -> float:
    async def find(_: ModelChoice) -> _InstantProvider:
        return _InstantProvider()

    turns = asyncio.Semaphore(AT_ONCE)
    async with Store(url, connections=AT_ONCE) as store:

        async def walk(run_id: UUID) -> None:
            async with turns:
                ended = await Segment(RunKey(organization_id, run_id), store, provider=find).walk()
                assert ended == "completed", ended

        await _together(walk, run_ids[:AT_ONCE])
        began = time.perf_counter()
        await _together(walk, run_ids[AT_ONCE:])
        return (len(run_ids) - AT_ONCE) / (time.perf_counter() - began)


async def _together(walk: Callable[[UUID], Awaitable[None]], run_ids: list[UUID]) -> None:
    await asyncio.gather(*(walk(run_id) for run_id in run_ids))


def _prefect(dsn: str) -> float:
    with tempfile.TemporaryDirectory(prefix="bench-prefect-") as home:
        return _peer(
            "prefect",
            {
                "PREFECT_HOME": home,
                "PREFECT_API_DATABASE_CONNECTION_URL": dsn.replace("postgresql://", "postgresql+asyncpg://"),
                "PREFECT_LOGGING_LEVEL": "CRITICAL",
                "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
                "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
                "DO_NOT_TRACK": "1",
            },
        )


def _peer(name: str, settings: dict[str, str]) -> float:
    arguments = [str(RUNS[name]), str(PHASES), str(AT_ONCE), ANSWER]
    done = subprocess.run(
        [str(PYTHON), str(HERE / f"{name}_runs.py"), *arguments],
        env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **settings},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{name} failed:\n{done.stderr[-3000:]}")
    return float(done.stdout.split()[-1])


@contextmanager
def _peer_database(database: ClonedDatabase, name: str) -> Iterator[str]:
    """An empty database beside ours, on the same server."""
    with psycopg.connect(database.admin_url, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}".encode())
        try:
            yield database.admin_url.replace(f"/{database.name}?", f"/{name}?")
        finally:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
