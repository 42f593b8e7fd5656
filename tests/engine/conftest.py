"""Real workers on the test's database, and a real HTTP endpoint that behaves as badly as a test asks."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from llmock.testing import LLMockServer
from psycopg.rows import dict_row

from lib.config import ROOT, get_settings
from lib.db.logins import Login
from lib.db.server import URL_VARIABLES
from lib.db.session import tenant_session
from lib.models.template import OrchestrationTemplate, TemplateStatus
from lib.projects.service import ProjectEntry, create_project
from lib.runs.launch import LaunchRequest, launch_run
from lib.runs.service import get_run
from lib.runs.views import RunDetail
from tests.cast import Cast
from tests.conftest import Installation

MODEL = "openai:gpt-4o-mini"


@pytest.fixture
def endpoint(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> Iterator[LLMockServer]:
    """An OpenAI-compatible endpoint, and settings that lead to it."""
    with LLMockServer() as server:
        monkeypatch.setenv("ORCHESTRATOR_OPENAI_BASE_URL", server.base_url())
        monkeypatch.setenv("ORCHESTRATOR_OPENAI_API_KEY", "key-of-the-tests")
        get_settings.cache_clear()
        yield server


@dataclass(slots=True)
class Workers:
    """Worker processes of one test."""

    log: Path
    _running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str = "one") -> subprocess.Popen[bytes]:
        """Start one and wait until it lives."""
        before = live_workers()
        mine = {URL_VARIABLES[Login.WORKER], "ORCHESTRATOR_SECRET_KEY", "ORCHESTRATOR_DATA_DIR"}
        environment = {
            key: value
            for key, value in os.environ.items()
            if key in mine or "OPENAI" in key or "LOCAL_MODEL" in key or not key.startswith("ORCHESTRATOR_")
        }
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "lib.cli", "worker"], cwd=ROOT, env=environment, stdout=log, stderr=log
            )
        self._running[name] = process
        until(lambda: live_workers() > before or process.poll() is not None)
        assert process.poll() is None, self.log.read_text()
        return process

    def kill(self, name: str = "one") -> None:
        """As the kernel would, without a word."""
        process = self._running.pop(name)
        process.kill()
        process.wait()

    def stop(self) -> None:
        """End all of them."""
        for process in self._running.values():
            process.send_signal(signal.SIGCONT)
            process.terminate()
        for process in self._running.values():
            with suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()
            process.wait()


@pytest.fixture
def workers(endpoint: LLMockServer, tmp_path: Path) -> Iterator[Workers]:
    """Workers that end with the test."""
    made = Workers(tmp_path / "worker.log")
    yield made
    made.stop()


@dataclass(frozen=True, slots=True)
class Bench:
    """What a test of the engine works with: a project of alice's, and templates made of phases."""

    cast: Cast
    project_id: UUID

    def template(self, phases: Sequence[Mapping[str, Any]], **more: Any) -> UUID:
        """A published template of alice's."""
        data = {"phases": [{"name": phase["code"].title(), "prompt": "{{ topic }}", **phase} for phase in phases]}
        with tenant_session(self.cast.alice) as session:
            template = OrchestrationTemplate(
                organization_id=self.cast.organization_a,
                created_by=self.cast.alice.user_id,
                name="Test",
                template_data=data | more,
                status=TemplateStatus.PUBLISHED,
            )
            session.add(template)
            session.flush()
            return template.id

    def launch(self, phases: Sequence[Mapping[str, Any]], *, model: str = MODEL, **more: Any) -> UUID:
        """A run of these phases."""
        template_id = self.template(phases, **more)
        request = LaunchRequest(project_id=self.project_id, template_id=template_id, model=model)
        return launch_run(self.cast.alice, request)

    def see(self, run_id: UUID) -> RunDetail:
        """The run, as alice sees it."""
        return get_run(self.cast.alice, run_id)

    def wait_for_end(self, run_id: UUID) -> RunDetail:
        """The run once it has ended or paused."""
        until(lambda: not self.see(run_id).is_live)
        return self.see(run_id)

    def statuses(self, run_id: UUID) -> dict[str, list[str]]:
        """Code -> how each attempt stands."""
        return {phase.code: [a.status.value for a in phase.attempts] for phase in self.see(run_id).phases}


@pytest.fixture
def bench(cast: Cast, workers: Workers) -> Bench:
    """A project of alice's, ready to be launched for."""
    return Bench(cast, create_project(cast.alice, ProjectEntry(name="Folding bicycle", topic="A folding bicycle")))


def chain(*codes: str, **more: Any) -> list[dict[str, Any]]:
    """Phases one after another."""
    return [{"code": code, **more} for code in codes]


def rows(installation: Installation, query: str, *arguments: object) -> list[dict[str, Any]]:
    """What really stands in the database, seen by nobody's rules."""
    with psycopg.connect(installation.database.admin_url, row_factory=dict_row) as connection:
        return connection.execute(query.encode(), arguments).fetchall()


def live_workers() -> int:
    """Workers that hold their lock, asked past every door."""
    from sqlalchemy import text

    from lib.db.session import _engine

    with _engine(Login.WEB).connect() as connection:
        return connection.scalar(
            text(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = 4711 AND granted "
                "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            )
        )


def until(condition: Callable[[], bool], seconds: float = 30.0) -> float:
    """Wait for the condition and say how long it took, in seconds."""
    started = time.monotonic()
    while not condition():
        assert time.monotonic() - started < seconds, "it did not come to pass"
        time.sleep(0.02)
    return time.monotonic() - started
