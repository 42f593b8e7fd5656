"""Another version while runs are in the queue: what the engine before put there is this one's, what it walks is not."""

import pytest

from lib.engine.queue import ENGINE_VERSION
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project
from tests.made_runs import call_worker
from tests.records import row, rows
from tests.waiting_runs import line_up

LABELS = "SELECT status, application_version FROM dbos.workflow_status ORDER BY created_at"


def test_database_and_workers_speak_of_the_same_engine(installation):
    assert row(installation, "SELECT api.engine_version() AS version")["version"] == ENGINE_VERSION


@pytest.mark.parametrize(
    ("status", "taken"), [("ENQUEUED", ENGINE_VERSION), ("DELAYED", ENGINE_VERSION), ("PENDING", "engine-before")]
)
def test_what_the_engine_before_queued_is_taken_over_and_what_it_walks_is_left_to_it(
    installation: Installation, cast: Cast, status: str, taken: str
) -> None:
    line_up(installation, cast.max, make_project(installation.database, cast.max), 1)
    assert rows(installation, LABELS) == [{"status": "ENQUEUED", "application_version": ENGINE_VERSION}]
    before = "UPDATE dbos.workflow_status SET status = %s, application_version = 'engine-before' RETURNING 1"
    rows(installation, before, status)
    call_worker(installation.database, "SELECT api.requeue_lost_runs()")
    assert rows(installation, LABELS) == [{"status": status, "application_version": taken}]
