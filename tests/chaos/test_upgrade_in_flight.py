"""A new version while runs are in flight: the schema goes down and up again, and another worker goes on with them."""

from llmock.scenarios import Delay
from llmock.testing import LLMockServer

from lib.db import migrate
from lib.db.logins import Login
from lib.models.run import RunStatus
from tests.conftest import Installation
from tests.engine.conftest import CHAT, Bench, bench, chain
from tests.made_runs import make_run
from tests.records import row, rows
from tests.waiting_runs import set_limit
from tests.workers import Workers, endpoint, until, workers

__all__ = ["bench", "endpoint", "workers"]

BEFORE = "0033"
QUEUED_BY = "SELECT DISTINCT application_version AS engine FROM dbos.workflow_status WHERE status = 'ENQUEUED'"
_IN_LINE = "SELECT id FROM orchestration_runs WHERE status IN ('queued', 'running')"


def test_runs_in_flight_are_gone_on_with_after_the_schema_went_down_and_up(
    bench: Bench, workers: Workers, endpoint: LLMockServer, installation: Installation
) -> None:
    url = installation.database.url(Login.OWNER)
    set_limit(installation, bench.cast.organization_a, "1")
    endpoint.state.scenarios.add(Delay(seconds=3, match=CHAT))
    old = workers.start("old", drain_seconds=30)
    running, waiting = (bench.launch(chain("a", "b")) for _ in range(2))
    until(lambda: endpoint.state.journal.in_flight == 1)
    old.terminate()
    assert old.wait(30) == 0
    migrate.downgrade(url, BEFORE)
    assert row(installation, QUEUED_BY) == {"engine": "engine-1"}, "for the workers of that version to take"
    launched = make_run(
        installation.database, bench.cast.alice, project_id=bench.project_id, model="openai:gpt-4o-mini"
    )
    rows(
        installation,
        "SELECT api.queue_run(organization_id, id)::text FROM orchestration_runs WHERE id = %s",
        launched.id,
    )
    migrate.upgrade(url)
    assert row(installation, QUEUED_BY) == {"engine": "engine-1"}, "nobody of this version has looked yet"
    admitted = "SELECT count(*) AS all, count(admitted_at) AS admitted FROM orchestration_runs"
    assert row(installation, admitted) == {"all": 3, "admitted": 3}, "whoever was in the line is in the queue"
    workers.start("new")
    for run_id in (running, waiting, launched.id):
        assert bench.wait_for_end(run_id).summary.status is RunStatus.COMPLETED
    assert bench.statuses(running) == {"a": ["completed"], "b": ["completed"]}, "what was finished is not asked again"
    later = [bench.launch(chain("a")) for _ in range(2)]
    assert len(rows(installation, f"{_IN_LINE} AND admitted_at IS NOT NULL")) == 1, "the limit holds again"
    for run_id in later:
        bench.wait_for_end(run_id)
