"""Real workers that write long files, killed at whatever moment: each is whole, and nothing is left behind."""

import random
import time
from io import BytesIO

import pytest

from lib.export_jobs.service import remove_export
from lib.export_jobs.shelf import EXPORTS
from lib.exports import ExportFormat
from lib.models.export_job import ExportStatus
from lib.usage.calls.service import export_calls
from tests.cast import Cast
from tests.conftest import Installation
from tests.made_exports import all_calls, ask, expire, fill_calls, newest, notes, stored, taken
from tests.records import rows
from tests.workers import Workers, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

_CALLS = 30_000


@pytest.fixture(autouse=True)
def _filled(installation: Installation, cast: Cast) -> None:
    """So many calls that a worker writes for some seconds."""
    fill_calls(installation, cast.max, _CALLS)


def at_once(cast: Cast) -> bytes:
    file = BytesIO()
    export_calls(cast.mona, all_calls(), file, file_format=ExportFormat.LINES)
    return file.getvalue()


def begun() -> int:
    """Bytes of files that are being written."""
    sizes = []
    for path in (EXPORTS.folder() / ".unfinished").rglob("export.*"):
        try:
            sizes.append(path.stat().st_size)
        except FileNotFoundError:  # a moment ago
            continue
    return sum(sizes)


def wait_for(cast: Cast, status: ExportStatus) -> None:
    until(lambda: newest(cast.mona).status is status, seconds=120)


def test_worker_that_is_killed_in_the_middle_leaves_its_file_to_another_one(
    installation: Installation, cast: Cast, workers: Workers
) -> None:
    whole = at_once(cast)
    before = len(notes(installation, "usage.export"))
    export_id = ask(cast.mona, file_format=ExportFormat.LINES)
    dice, in_the_middle = random.Random(5), 0
    for turn in range(2):
        workers.start(f"killed {turn}")
        part = int(len(whole) * dice.uniform(0.05, 0.6))
        until(lambda most=part: begun() > most or newest(cast.mona).status is ExportStatus.MADE, seconds=60)
        workers.kill(f"killed {turn}")
        if newest(cast.mona).status is not ExportStatus.MAKING:
            break
        in_the_middle += 1
        assert 0 < begun() < len(whole)
    assert in_the_middle, "nobody was killed in the middle: this has shown nothing"
    assert len(notes(installation, "usage.export")) == before, "nothing was to be had, and nothing is said to be"
    workers.start("last")
    wait_for(cast, ExportStatus.MADE)
    (path,) = stored()
    assert path.read_bytes() == whole
    assert taken(cast.mona, export_id) == whole
    assert len(notes(installation, "usage.export")) == before + 1
    assert list((EXPORTS.folder() / ".unfinished").iterdir()) == []
    expire(installation)
    until(lambda: rows(installation, "SELECT 1 FROM export_jobs") == [])
    assert stored() == []


def test_two_workers_write_each_file_once(installation: Installation, cast: Cast, workers: Workers) -> None:
    for _ in range(3):
        ask(cast.mona, file_format=ExportFormat.LINES)
    workers.start()
    workers.start("two")
    until(lambda: rows(installation, "SELECT 1 FROM export_jobs WHERE status <> 'made'") == [], seconds=120)
    assert len(stored()) == 3
    assert len({path.read_bytes() for path in stored()}) == 1
    assert len(notes(installation, "usage.export")) == 3


def test_what_is_removed_while_it_is_written_leaves_nothing(
    installation: Installation, cast: Cast, workers: Workers
) -> None:

    export_id = ask(cast.mona, file_format=ExportFormat.LINES)
    workers.start()
    until(lambda: begun() > 0 or newest(cast.mona).status is ExportStatus.MADE)
    remove_export(cast.mona, export_id)
    until(lambda: rows(installation, "SELECT 1 FROM export_jobs") == [], seconds=60)
    time.sleep(0.1)
    assert stored() == []
