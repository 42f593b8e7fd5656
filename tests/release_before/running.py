"""Runs tests of the release before on a server whose template has this release's schema."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.database import ADMIN_URL_VARIABLE, ensure_template, shared_server

#: What people and workers do. What the other tests hold is the schema itself, which may change, or no database at all.
EVERYTHING = ("tests/lib", "tests/pages", "tests/engine", "tests/outside")
_PLUGIN = Path(__file__).parent / "newer_schema.py"


def run(release: Path, paths: Sequence[str], *options: str, **how: Any) -> subprocess.CompletedProcess[str]:
    """The tests at some paths of a release's folder, with its code, as pytest ends; `how` is subprocess.run's."""
    with shared_server() as server:
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(release), str(_PLUGIN.parent)]),
            ADMIN_URL_VARIABLE: server.admin_url,
            "NEWER_TEMPLATE": ensure_template(server),
        }
        command = [sys.executable, "-P", "-m", "pytest", "-p", _PLUGIN.stem, "-p", "no:cacheprovider", "-q"]
        return subprocess.run([*command, *options, *paths], cwd=release, env=environment, text=True, check=False, **how)
