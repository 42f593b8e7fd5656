"""A real worker beside the sample: it takes up what runs there, and does what real people launch all the same."""

from pathlib import PurePosixPath
from uuid import uuid4

import pytest
from llmock.testing import LLMockServer

from lib.access.actor import Actor
from lib.integrations.folder import artifact_folder, read_artifact, write_artifact
from lib.models.run import PhaseStatus
from lib.samples.service import drop_sample, load_sample
from tests.cast import Cast, make_cast
from tests.conftest import Installation
from tests.records import row, rows
from tests.sample import snapshot, with_operator
from tests.workers import Workers, endpoint, until, workers

__all__ = ["endpoint", "workers"]

_LIVE = "SELECT id FROM orchestration_runs WHERE status IN ('queued', 'running')"


@pytest.fixture
def together(installation: Installation) -> tuple[Cast, Actor]:
    return with_operator(installation.database, make_cast(installation.database))


def _statuses(installation: Installation) -> dict[str, int]:
    found = rows(installation, "SELECT status, count(*) AS runs FROM orchestration_runs GROUP BY 1")
    return {each["status"]: each["runs"] for each in found}


def test_worker_takes_up_what_runs_and_leaves_what_waits_for_people(
    installation: Installation, together: tuple[Cast, Actor], workers: Workers, endpoint: LLMockServer
) -> None:
    """The local model is switched off here, so both come to an end at once; with it they are written."""
    load_sample()
    live = [each["id"] for each in rows(installation, _LIVE)]
    before = _statuses(installation)
    assert len(live) == 2
    workers.start()
    until(lambda: not rows(installation, _LIVE), seconds=90)
    for run_id in live:
        ended = row(installation, "SELECT * FROM orchestration_runs WHERE id = %s", run_id)
        assert (ended["status"], ended["error_details"]["kind"]) == ("failed", "not_configured")
    after = _statuses(installation)
    waiting = {status: runs for status, runs in before.items() if status not in {"queued", "running"}}
    assert after == waiting | {"failed": before["failed"] + 2}
    begun = "SELECT count(*) AS them FROM phase_executions WHERE started_at IS NOT NULL AND status <> %s"
    used = row(installation, "SELECT count(*) AS them FROM api_usage WHERE phase_execution_id IS NOT NULL")
    assert row(installation, begun, PhaseStatus.RUNNING) == used, "each attempt is one row of usage still"


def test_sample_is_removed_under_a_worker(
    installation: Installation, together: tuple[Cast, Actor], workers: Workers, endpoint: LLMockServer
) -> None:
    """Nothing of it is left, files without a row neither, and the worker lives."""
    stray = (uuid4(), uuid4(), uuid4())
    write_artifact(artifact_folder(), stray, PurePosixPath("plan.md"), b"Fold it twice.")
    before = snapshot(installation.database)
    workers.start()
    for _ in range(3):
        load_sample()
        assert drop_sample()
    after = snapshot(installation.database)
    others = {table for table in before if table.startswith("dbos.")} | {
        "size_samples"
    }  # what a worker keeps for itself
    assert {table: there for table, there in after.items() if table not in others} == {
        table: there for table, there in before.items() if table not in others
    }
    assert workers.live() == 1
    until(lambda: read_artifact(artifact_folder(), stray, PurePosixPath("plan.md")) is None)
