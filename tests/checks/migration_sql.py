"""squawk, on the SQL of each migration as Alembic prints it."""

import io
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from lib.config import ROOT
from lib.db.roles import OLDEST_SERVER_MAJOR
from tests.checks.findings import Excuse, Finding, unexcused


def check_migrations(excuses: Sequence[Excuse]) -> list[Finding]:
    """What squawk has against our migrations."""
    return unexcused(read_with_squawk(print_migrations()), excuses)


def print_migrations() -> dict[str, str]:
    """Revision -> the SQL of its upgrade."""
    scripts = ScriptDirectory.from_config(Config(toml_file=ROOT / "pyproject.toml"))
    printed = {}
    for script in scripts.walk_revisions():
        text = io.StringIO()
        config = Config(toml_file=ROOT / "pyproject.toml", output_buffer=text)
        command.upgrade(config, f"{script.down_revision or 'base'}:{script.revision}", sql=True)
        printed[script.revision] = text.getvalue()
    return printed


def read_with_squawk(migrations: Mapping[str, str]) -> list[Finding]:
    """What squawk has against each."""
    program = Path(sys.executable).with_name("squawk")
    with TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{name}.sql" for name in sorted(migrations)]
        for path in paths:
            path.write_text(migrations[path.stem], encoding="utf-8")
        version = f"--pg-version={OLDEST_SERVER_MAJOR}.0"
        result = subprocess.run(
            [program, version, "--reporter=json", *paths], cwd=folder, capture_output=True, text=True, check=False
        )
    if result.returncode not in {0, 1} or not result.stdout.strip():
        raise RuntimeError(f"squawk failed:\n{result.stdout}{result.stderr}")
    return [
        Finding(found["rule_name"], Path(found["file"]).stem, f"line {found['line'] + 1}: {found['message']}")
        for found in json.loads(result.stdout)
    ]
