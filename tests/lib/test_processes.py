import os
import time
from pathlib import Path

import pytest

from lib.config import Settings
from lib.errors import OrchestratorError
from lib.processes import Child
from lib.serving import open_listener
from lib.supervisor import wait_until_serving


def ended(child: Child) -> int:
    while child.exit_code is None:
        time.sleep(0.01)
    return child.exit_code


def test_child_that_has_died_can_be_told_to_go_and_to_end(tmp_path: Path) -> None:
    child = Child(["no-such-command"], environment=os.environ, log=tmp_path / "log")
    assert ended(child) == 2
    child.go()
    child.ask_to_end()
    child.end(within_seconds=0)
    assert "No such command" in (tmp_path / "log").read_text(encoding="utf-8")


def test_child_that_waits_for_its_parent_ends_when_asked(tmp_path: Path) -> None:
    child = Child(["worker", "--supervised"], environment=os.environ, log=tmp_path / "log")
    time.sleep(0.2)
    assert child.exit_code is None
    child.ask_to_end()
    child.end(within_seconds=10)
    assert child.exit_code == -15


def test_web_process_that_does_not_start_is_reported_with_its_last_words(tmp_path: Path) -> None:
    log = tmp_path / "log"
    child = Child(["web", "--no-such-option"], environment=os.environ, log=log)
    with (
        open_listener(Settings(port=0)) as listener,
        pytest.raises(OrchestratorError, match="No such option") as refusal,
    ):
        wait_until_serving(child, log, listener, lambda: None)
    assert "The web process does not start (exit code 2)." in refusal.value.message
    child.end(within_seconds=0)
