"""Real workers that make and restore archives, killed at whatever moment: nothing is lost, doubled, or left behind."""

import random
import time
from collections import Counter
from pathlib import Path
from uuid import UUID

import pytest

from lib.archives import reading, service
from lib.archives.shelf import archive_folder
from lib.models.archive import ArchiveStatus
from tests.cast import Cast
from tests.conftest import Installation
from tests.made_archives import MOVED, fill_project, multiply, newest, sums
from tests.records import rows
from tests.workers import Workers, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

_RUNS = 400
_AT_WORK = (
    "SELECT 1 FROM pg_stat_activity WHERE application_name = 'orchestrator-archives' AND datname = current_database()"
)


@pytest.fixture
def project_id(installation: Installation, cast: Cast) -> UUID:
    """A project that takes a worker a while."""
    made = fill_project(installation, cast)
    multiply(installation.database, made, times=_RUNS // 4)
    return made


def stored() -> list[Path]:
    return [path for path in archive_folder().rglob("*") if path.is_file()]


def wait_for(cast: Cast, project_id: UUID, status: ArchiveStatus) -> None:
    until(lambda: newest(cast.alice, project_id).status is status, seconds=60)


def kill_at_work(installation: Installation, workers: Workers, name: str, *, seconds: float) -> None:
    """Start one, and kill it so long after it has begun."""
    workers.start(name)
    until(lambda: bool(rows(installation, _AT_WORK)), seconds=30)
    time.sleep(seconds)
    workers.kill(name)


def test_worker_that_is_killed_while_it_makes_and_restores_loses_nothing(
    installation: Installation, cast: Cast, workers: Workers, project_id: UUID
) -> None:
    before = sums(installation.database)
    dice = random.Random(7)
    archive_id = service.ask_archive(cast.alice, project_id)
    killed: Counter[ArchiveStatus] = Counter()
    for turn in range(6):
        kill_at_work(installation, workers, f"maker {turn}", seconds=dice.uniform(0, 0.5))
        status = newest(cast.alice, project_id).status
        killed[status] += 1
        if status is ArchiveStatus.MADE:
            break
        assert sums(installation.database) == before, "rows went before their file was whole"
    workers.start("last maker")
    wait_for(cast, project_id, ArchiveStatus.MADE)
    workers.kill("last maker")
    (path,) = stored()
    assert reading.verify(path).run_count == _RUNS
    gone = sums(installation.database)
    assert {table for table in before if gone[table] != before[table]} == MOVED

    service.ask_restore(cast.alice, archive_id)
    for turn in range(6):
        kill_at_work(installation, workers, f"restorer {turn}", seconds=dice.uniform(0, 0.5))
        status = newest(cast.alice, project_id).status
        killed[status] += 1
        if status is ArchiveStatus.RESTORED:
            break
        assert sums(installation.database) in (gone, before), "some rows came and others did not"
    workers.start("last restorer")
    wait_for(cast, project_id, ArchiveStatus.RESTORED)
    assert sums(installation.database) == before
    in_the_middle = {ArchiveStatus.MAKING, ArchiveStatus.RESTORING}
    assert in_the_middle <= {*killed}, "nobody was killed in the middle of one of them: this has shown nothing of it"
    assert stored() == [path]


def test_two_workers_make_one_archive(
    installation: Installation, cast: Cast, workers: Workers, project_id: UUID
) -> None:
    service.ask_archive(cast.alice, project_id)
    workers.start()
    workers.start("two")
    wait_for(cast, project_id, ArchiveStatus.MADE)
    assert len(stored()) == 1
    moves = rows(
        installation,
        "SELECT new_values ->> 'status' AS status FROM audit_logs WHERE action = 'archives.update' ORDER BY id",
    )
    assert [each["status"] for each in moves] == ["making", "made"]
