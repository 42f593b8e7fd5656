"""Usage has the model and the path that were asked, however a call ends: what fails stands beside what succeeds."""

from uuid import UUID

import pytest
from llmock.scenarios import Fail
from llmock.testing import LLMockServer

from lib.connections import trying
from lib.connections.service import create_connection
from lib.models.run import RunStatus
from tests.conftest import Installation
from tests.engine.conftest import CHAT, Bench, chain
from tests.made_runs import answer, beginning, make_run, open_run
from tests.own_endpoint import entry_for
from tests.own_endpoint import llm as own
from tests.records import row, rows
from tests.workers import Workers

__all__ = ["own"]

MODEL = "llama-3.3-70b-versatile"
DATED = f"{MODEL}-20260101"
ASKED = "SELECT DISTINCT provider, model, endpoint FROM api_usage"


@pytest.fixture
def connection_id(bench: Bench, own: LLMockServer) -> UUID:
    """Its path is not that of most."""
    entry = entry_for(own, base_url=own.base_url("groq"), models=[MODEL], pricing="free")
    return create_connection(bench.cast.alice, entry, slug="acme-llm")


def test_failure_is_beside_the_answers_of_its_model_and_endpoint(
    bench: Bench, own: LLMockServer, connection_id: UUID, workers: Workers, installation: Installation
) -> None:
    workers.start()
    statuses = []
    for _ in range(2):
        run = bench.wait_for_end(bench.launch(chain("a"), model=f"acme-llm:{MODEL}"))
        statuses.append(run.summary.status)
        own.state.scenarios.add(Fail(status=401, times=None, match=CHAT))
    assert statuses == [RunStatus.COMPLETED, RunStatus.FAILED]
    assert not trying.test_connection(bench.cast.alice, connection_id, MODEL).has_worked
    assert len(rows(installation, "SELECT 1 FROM api_usage")) == 3
    (called,) = {each.path for each in own.state.journal.records() if each.method == "POST"}
    assert called != "/v1/chat/completions"
    assert row(installation, ASKED) == {"provider": "acme-llm", "model": MODEL, "endpoint": called}


def test_lost_attempt_is_beside_them_too_and_the_answer_keeps_its_own_name_for_the_model(
    bench: Bench, connection_id: UUID, installation: Installation
) -> None:
    asked = {"model": f"acme-llm:{MODEL}"}
    run = make_run(installation.database, bench.cast.alice, project_id=bench.project_id, **asked)
    first, second = run.phases
    held = open_run(installation.database, bench.cast.organization_a, run.id)
    held.advance(begin=[beginning(first) | asked])
    said = {"provider": "acme-llm", "model": MODEL, "reported_model": DATED, "endpoint": "/groq/chat/completions"}
    held.advance(finish=[answer(run.phases[first], **said)], begin=[beginning(second) | asked])
    open_run(installation.database, bench.cast.organization_a, run.id)
    kinds = rows(installation, "SELECT error_kind FROM api_usage ORDER BY created_at, id")
    assert [each["error_kind"] for each in kinds] == [None, "lost"]
    assert row(installation, ASKED) == {"provider": "acme-llm", "model": MODEL, "endpoint": "/groq/chat/completions"}
    told = row(installation, "SELECT token_usage ->> 'model' AS name FROM phase_executions WHERE status = 'completed'")
    assert told["name"] == DATED
