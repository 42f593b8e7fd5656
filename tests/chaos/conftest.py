"""An installation as a person has it, with a model that answers over a real socket, and hands to work in it."""

import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from llmock.testing import LLMockServer

from lib.config import get_settings
from lib.db import server, session
from lib.db.embedded import EmbeddedPostgres
from lib.db.logins import Login
from lib.db.session import tenant_session
from lib.errors import DatabaseUnavailable
from lib.models.template import OrchestrationTemplate, TemplateStatus
from lib.projects.service import ProjectEntry, create_project
from lib.runs.launch import LaunchRequest, launch_run
from tests.cast import Cast, make_cast
from tests.mock_endpoint import mock_endpoint
from tests.records import Record, rows
from tests.supervised import Up, port_of, up, wait_for
from tests.workers import MODEL


@dataclass(frozen=True, slots=True)
class EmbeddedDatabase:
    """The installation's database, as `tests.doors.Database`."""

    folder: Path

    def url(self, login: Login) -> str:
        return os.environ[server.URL_VARIABLES[login]]

    @property
    def admin_url(self) -> str:
        return EmbeddedPostgres(self.folder / "postgres").admin_url.replace("/postgres?", "/orchestrator?")


@dataclass(frozen=True, slots=True)
class Installed:
    """A served installation with the cast in it, a project of alice's and a template to launch."""

    up: Up
    port: int
    database: EmbeddedDatabase
    cast: Cast
    project_id: UUID

    def rows(self, query: str, *arguments: object) -> list[Record]:
        """What a statement finds, seen past everybody's rules."""
        return rows(self, query, *arguments)

    def has_ended(self) -> bool:
        """Whether every run has; not where the database is away."""
        with suppress(psycopg.OperationalError):
            return self.rows("SELECT FROM orchestration_runs WHERE completed_at IS NULL") == []
        return False

    def template(self, phases: Sequence[Mapping[str, Any]]) -> UUID:
        """A published template of alice's."""
        with tenant_session(self.cast.alice) as opened:
            template = OrchestrationTemplate(
                organization_id=self.cast.organization_a,
                created_by=self.cast.alice.user_id,
                name="Test",
                template_data={"phases": [{"name": phase["code"].title(), **phase} for phase in phases]},
                status=TemplateStatus.PUBLISHED,
            )
            opened.add(template)
            opened.flush()
            return template.id

    def launch(self, template_id: UUID, *, topic: str = "A folding bicycle", model: str = MODEL) -> None:
        """Launch a run as alice does, who tries again while the database is away."""
        request = LaunchRequest(project_id=self.project_id, template_id=template_id, model=model, topic=topic)

        def has_launched() -> bool:
            try:
                launch_run(self.cast.alice, request)
            except DatabaseUnavailable:
                return False
            return True

        wait_for(has_launched, seconds=60)


@pytest.fixture
def data_folder() -> Iterator[Path]:
    """In memory where there is room: what is tried here is not how fast the disk is."""
    memory = Path("/dev/shm")
    parent = memory if os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2e9 else None
    folder = Path(tempfile.mkdtemp(prefix="orchestrator-", dir=parent))
    folder.chmod(0o711)
    yield folder / "data"
    shutil.rmtree(folder)


@pytest.fixture
def model() -> Iterator[LLMockServer]:
    """An OpenAI-compatible endpoint."""
    with mock_endpoint() as endpoint:
        yield endpoint


@pytest.fixture
def install(
    data_folder: Path, model: LLMockServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Installed]]:
    """Starts an installation with these options, and ends it with the test."""
    with ExitStack() as running:

        def start(*options: str, **settings: str) -> Installed:
            settings = {
                "ORCHESTRATOR_OPENAI_BASE_URL": model.base_url(),
                "ORCHESTRATOR_OPENAI_API_KEY": "key-of-the-tests",
                "ORCHESTRATOR_DRAIN_SECONDS": "0",
                **settings,
            }
            return running.enter_context(_installed(data_folder, options, settings, monkeypatch))

        running.callback(session.dispose)
        yield start


@contextmanager
def _installed(
    folder: Path, options: Sequence[str], settings: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Installed]:
    with up(folder, "--port", "0", *options, settings=settings) as started:
        port = port_of(started.read_until("serving at"))
        _use(folder, settings, monkeypatch)
        database = EmbeddedDatabase(folder)
        cast = make_cast(database)
        project_id = create_project(cast.alice, ProjectEntry(name="Folding bicycle", topic="A folding bicycle"))
        try:
            yield Installed(started, port, database, cast, project_id)
        finally:
            if started.process.poll() is None:
                started.process.send_signal(signal.SIGTERM)
                started.wait()


def _use(folder: Path, settings: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the code in this process find the installation's database, without being one of its users."""
    monkeypatch.setenv("ORCHESTRATOR_DATA_DIR", str(folder))
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    get_settings.cache_clear()
    for name, value in server.process_environment(*Login).items():
        monkeypatch.setenv(name, value)
    get_settings.cache_clear()
