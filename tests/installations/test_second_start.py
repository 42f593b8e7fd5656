"""`orchestrator up` on a data folder that is being served: where the first one is, and what to do for another port."""

import fcntl
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lib.cli.commands import app
from lib.config import get_settings
from lib.errors import ConfigurationError

SAID = "AI Orchestrator is running already, at http://localhost:8765 (process 42)."


@pytest.fixture(autouse=True)
def first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What another process that serves this folder leaves to be read."""
    monkeypatch.setenv("ORCHESTRATOR_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("ORCHESTRATOR_PORT", "")  # `--port` writes it, and the end of the test takes it back
    get_settings.cache_clear()
    with (tmp_path / "up.lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write(json.dumps({"url": "http://localhost:8765", "port": 8765, "process": 42}))
        lock.flush()
        yield


@pytest.mark.parametrize("options", [[], ["--port", "0"], ["--port", "8765"]], ids=" ".join)
def test_second_start_says_where_the_first_is(options: list[str]) -> None:
    result = CliRunner().invoke(app, ["up", *options])
    assert (result.exit_code, result.output) == (0, f"{SAID}\n")


@pytest.mark.parametrize("how", ["option", "variable"])
def test_second_start_at_another_port_is_refused_with_the_way_out(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if how == "variable":
        monkeypatch.setenv("ORCHESTRATOR_PORT", "8766")
    options = ["--port", "8766"] if how == "option" else []
    result = CliRunner().invoke(app, ["up", *options])
    assert isinstance(result.exception, ConfigurationError)
    assert str(result.exception).startswith(f"{SAID} It stays at that port: end it first, or ")
