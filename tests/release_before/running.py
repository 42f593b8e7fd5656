"""Runs tests of the release before on a server whose template has this release's schema."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.database import ADMIN_URL_VARIABLE, ensure_template, shared_server

#: What people and workers do. What the other tests hold is the schema itself, which may change, or no database at all.
EVERYTHING = ("tests/lib", "tests/pages", "tests/engine", "tests/outside")
_OWN_SCHEMA = "a schema newer than its own is refused, as it should be"
_EVERY_TABLE = "it goes over all tables, and knows its own"
_COMMANDS, _REPORTS = "tests/lib/cli/test_database.py", "tests/lib/usage/test_reports.py"
#: What can't hold of it, and why. Empty this where another release begins.
EXCUSED: Mapping[str, str] = {
    "tests/lib/backup/test_restoring.py": _OWN_SCHEMA,
    "tests/lib/backup/test_making.py::test_backup_is_of_one_moment_whatever_is_written_meanwhile": _OWN_SCHEMA,
    f"{_COMMANDS}::test_status_of_a_migrated_database_asks_for_nothing": _OWN_SCHEMA,
    f"{_COMMANDS}::test_downgrade_asks_first_and_upgrade_brings_everything_back": _OWN_SCHEMA,
    "tests/lib/audit/test_actions.py::test_what_the_triggers_write_has_words": "what is new has no words in it",
    "tests/lib/samples/test_rules.py::test_owner_reaches_no_real_row_for_the_samples_sake": _EVERY_TABLE,
    "tests/lib/samples/test_service.py::test_removed_with_what_people_have_put_into_it_since": _EVERY_TABLE,
    f"{_REPORTS}::test_change_of_zone_sends_no_period_twice_and_none_too_early": "not on Sunday nights",
    "tests/lib/runs/test_turns_at_once.py::test_limit_is_held_exactly_whatever_happens_at_once": "it could hang",
}
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
        command += [f"--deselect={each}" for each in EXCUSED]
        return subprocess.run([*command, *options, *paths], cwd=release, env=environment, text=True, check=False, **how)
