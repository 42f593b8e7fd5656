"""The disk of the data folder is full: people are told so, nothing breaks, and it goes on when there is room again."""

import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from lib.errors import DatabaseFull, DatabaseUnavailable
from lib.projects.service import MAX_TOPIC
from lib.runs.launch import LaunchRequest, launch_run
from tests.chaos.conftest import Installed
from tests.supervised import answers, wait_for
from tests.workers import MODEL

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

#: An installation takes some 75 MB when it is new, and may grow a little before it is asked to.
_DISK_MB = 140


@pytest.fixture
def data_folder() -> Iterator[Path]:
    """In a file system of its own.

    Only root can make one, and not in every container: many forbid it. That is so on a build machine too, and no fault
    of it; where root can, the test runs.
    """
    folder = Path(tempfile.mkdtemp(prefix="orchestrator-"))
    mount = ["mount", "-t", "tmpfs", "-o", f"size={_DISK_MB}m,mode=711", "tmpfs", str(folder)]
    made = subprocess.run(mount, capture_output=True, text=True, check=False) if os.geteuid() == 0 else None
    if made is None or made.returncode:
        folder.rmdir()
        pytest.skip(f"no small file system can be mounted here: {made.stderr.strip() if made else 'not root'}")
    yield folder / "data"
    subprocess.run(["umount", "--lazy", str(folder)], check=True)
    shutil.rmtree(folder)


def test_full_disk_is_said_and_everything_goes_on_when_there_is_room(
    install: Callable[..., Installed], data_folder: Path
) -> None:
    installed = install()
    template_id = installed.template([{"code": code, "prompt": f"{{{{ topic }}}} {code}"} for code in "abc"])
    installed.launch(template_id)
    wait_for(installed.has_ended, seconds=60)
    filler = data_folder.parent / "filler"

    def is_told() -> bool:
        """Launch with all that a topic may hold, on a disk without any room."""
        _fill(filler)
        topic = secrets.token_hex(MAX_TOPIC // 2)
        try:
            launch_run(installed.cast.alice, replace(request, topic=topic))
        except DatabaseFull:
            return True
        except DatabaseUnavailable:  # even its log had no room left, so that it has ended and does not come back
            return "is full, so PostgreSQL can't run. Make room there; nothing is lost." in installed.up.said
        return False

    request = LaunchRequest(project_id=installed.project_id, template_id=template_id, model=MODEL)
    wait_for(is_told, seconds=120)
    _fill(filler)
    with suppress(psutil.Error, OSError, ValueError):  # it may have ended by itself
        installed.up.postmaster().kill()
    installed.up.read_until("is full, so PostgreSQL can't run. Make room there; nothing is lost.")
    filler.unlink()
    installed.up.read_until("PostgreSQL had died and runs again.")
    wait_for(lambda: answers(installed.port), seconds=120)
    installed.launch(template_id)
    wait_for(installed.has_ended, seconds=200)
    runs = installed.rows("SELECT status FROM orchestration_runs")
    assert {row["status"] for row in runs} == {"completed"}
    _read_everything(installed)


def _fill(filler: Path) -> None:
    """Take all the room there is."""
    with suppress(OSError), filler.open("ab", buffering=0) as file:
        while True:
            file.write(bytes(4096))


def _read_everything(installed: Installed) -> None:
    """Each page of each table, whose checksums PostgreSQL looks at."""
    names = installed.rows("SELECT schemaname, tablename FROM pg_tables WHERE schemaname IN ('public', 'dbos')")
    assert len(names) > 20
    for name in names:
        installed.rows(f"SELECT count(t::text) FROM {name['schemaname']}.{name['tablename']} t")
