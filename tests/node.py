"""Node and the official npm package of Standard Webhooks, for what is said to work with them."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

_PACKAGE = "standardwebhooks@1.1.1"


@pytest.fixture(scope="session")
def node_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which scripts find the package; skipped, and said so, where there is no npm."""
    if not (npm := shutil.which("npm")):
        assert not os.environ.get("CI"), "in CI there has to be npm"
        pytest.skip("npm is not installed")
    folder = tmp_path_factory.mktemp("node")
    told = subprocess.run(
        [npm, "install", "--silent", "--no-audit", "--no-fund", "--prefix", folder, _PACKAGE],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert told.returncode == 0, told.stderr[-2_000:]
    return folder


def run_node(script: Path, *arguments: str) -> str:
    """What a script prints."""
    done = subprocess.run(["node", script, *arguments], capture_output=True, text=True, timeout=60, check=True)
    return done.stdout.strip()
