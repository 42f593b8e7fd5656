"""Real workers on the test's database, and a real HTTP endpoint that behaves as badly as a test asks."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from llmock.testing import LLMockServer

from lib.config import ROOT, get_settings
from lib.db.logins import Login
from lib.db.server import URL_VARIABLES
from tests import warm
from tests.conftest import Installation
from tests.ending import end
from tests.mock_endpoint import mock_endpoint
from tests.records import rows

#: What the endpoint answers for.
MODEL = "openai:gpt-4o-mini"

_LIVE = (
    "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND classid = 4711 AND granted "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


@pytest.fixture
def endpoint(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> Iterator[LLMockServer]:
    """An OpenAI-compatible endpoint, and settings that lead to it."""
    with mock_endpoint() as server:
        monkeypatch.setenv("ORCHESTRATOR_OPENAI_BASE_URL", server.base_url())
        monkeypatch.setenv("ORCHESTRATOR_OPENAI_API_KEY", "key-of-the-tests")
        get_settings.cache_clear()
        yield server


@dataclass(slots=True)
class Workers:
    """Worker processes of one test."""

    installation: Installation
    log: Path
    _running: dict[str, warm.Process] = field(default_factory=dict)

    def start(
        self, name: str = "one", *, drain_seconds: float = 0, command: Sequence[str] | None = None
    ) -> warm.Process:
        """Start one, or this command in its place, and wait until it lives.

        Told to stop it gives its calls up at once, unless it says otherwise.
        """
        before = self._holders()
        mine = {URL_VARIABLES[Login.WORKER], "ORCHESTRATOR_SECRET_KEY", "ORCHESTRATOR_DATA_DIR"}
        mine |= {"ORCHESTRATOR_WORKER_CONCURRENCY", "ORCHESTRATOR_ALLOWED_PRIVATE_HOSTS"}
        environment = {
            key: value
            for key, value in os.environ.items()
            if key in mine
            or any(word in key for word in ("OPENAI", "LOCAL_MODEL", "SMTP", "MAIL", "PUBLIC_URL"))
            or not key.startswith("ORCHESTRATOR_")
        }
        environment["ORCHESTRATOR_DRAIN_SECONDS"] = str(drain_seconds)
        process: warm.Process
        if command:
            with self.log.open("ab") as log:
                process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        else:
            process = warm.start(["worker"], log=self.log, environment=environment)
        self._running[name] = process
        until(lambda: bool(self._holders() - before) or process.poll() is not None)
        assert process.poll() is None, self.log.read_text()
        return process

    def live(self) -> int:
        """Workers that hold their lock."""
        return len(self._holders())

    def _holders(self) -> set[int]:
        """Which of PostgreSQL's processes hold it for them; one that was killed holds it for a moment still."""
        return {found["pid"] for found in rows(self.installation, _LIVE)}

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
            end(process)


@pytest.fixture
def workers(endpoint: LLMockServer, installation: Installation, tmp_path: Path) -> Iterator[Workers]:
    """Workers that end with the test."""
    made = Workers(installation, tmp_path / "worker.log")
    yield made
    made.stop()


def until(condition: Callable[[], bool], seconds: float = 60.0) -> float:
    """Wait for the condition and say how long it took, in seconds."""
    started = time.monotonic()
    while not condition():
        assert time.monotonic() - started < seconds, "it did not come to pass"
        time.sleep(0.02)
    return time.monotonic() - started
