"""Runs whose model is a connection of the organization: a real worker, a real endpoint."""

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from llmock.scenarios import Delay, StreamFault
from llmock.testing import LLMockServer

from lib.connections import service
from lib.errors import ModelError
from lib.models.run import RunStatus
from lib.projects.service import ProjectEntry, create_project
from lib.providers.errors import ModelCallError
from lib.runs.launch import LaunchRequest, launch_run
from tests.conftest import Installation
from tests.engine.conftest import CHAT, Bench, chain
from tests.factories import make_connection, make_template
from tests.made_runs import beginning, call_worker, make_run, open_run
from tests.mock_endpoint import mock_endpoint
from tests.own_endpoint import edit, entry_for
from tests.own_endpoint import llm as own  # the installation's is another one
from tests.records import row, rows
from tests.retrying import go_on
from tests.workers import Workers, until

__all__ = ["own"]

MODEL = "acme-llm:gpt-4o"


@pytest.fixture
def connection_id(bench: Bench, own: LLMockServer) -> UUID:
    return connect(bench, own)


def connect(bench: Bench, own: LLMockServer, **changes: Any) -> UUID:
    priced = {"pricing": "entered", "input_usd_per_million": 1000, "output_usd_per_million": 3000}
    entry = entry_for(own, **({"models": ["gpt-4o"]} | priced | changes))
    return service.create_connection(bench.cast.alice, entry, slug="acme-llm")


def test_run_is_answered_by_the_connection_at_its_price(
    bench: Bench, workers: Workers, own: LLMockServer, connection_id: UUID, installation: Installation
) -> None:
    workers.start()
    run = bench.wait_for_end(bench.launch(chain("a", "b"), model=MODEL))
    assert run.summary.status is RunStatus.COMPLETED
    used = rows(installation, "SELECT provider, model, cost_usd, prompt_tokens, completion_tokens FROM api_usage")
    assert [(each["provider"], each["model"]) for each in used] == [("acme-llm", "gpt-4o")] * 2
    for each in used:
        cost = (1000 * each["prompt_tokens"] + 3000 * each["completion_tokens"]) / Decimal(1_000_000)
        assert each["cost_usd"] == cost > 0
    assert run.summary.cost_usd == sum(each["cost_usd"] for each in used)
    assert [each.path for each in own.state.journal.records()].count("/v1/chat/completions") == 2


def test_switched_off_between_two_phases_ends_the_run_with_the_reason(
    bench: Bench, workers: Workers, own: LLMockServer, connection_id: UUID, installation: Installation
) -> None:
    own.state.scenarios.add(Delay(seconds=2, match=CHAT))
    run_id = bench.launch(chain("a", "b"), model=MODEL)
    workers.start()
    until(lambda: own.state.journal.in_flight == 1)  # it runs before the connection is opened
    service.set_active(bench.cast.alice, connection_id, is_active=False)
    run = bench.wait_for_end(run_id)
    assert run.summary.status is RunStatus.FAILED
    assert bench.statuses(run_id) == {"a": ["completed"], "b": ["failed"]}
    error = row(installation, "SELECT error_details FROM orchestration_runs WHERE id = %s", run_id)["error_details"]
    assert error["kind"] == "not_configured"
    assert "“Acme models” is deactivated" in error["message"]
    with pytest.raises(ModelError, match="is deactivated"):
        go_on(bench.cast.alice, run_id)

    service.set_active(bench.cast.alice, connection_id, is_active=True)
    again = bench.wait_for_end(go_on(bench.cast.alice, run_id))
    assert again.summary.status is RunStatus.COMPLETED


def test_deleted_one_ends_the_run_with_the_reason(
    bench: Bench, workers: Workers, connection_id: UUID, installation: Installation
) -> None:
    run_id = bench.launch(chain("a"), model=MODEL)
    service.delete_connection(bench.cast.alice, connection_id)
    workers.start()
    assert bench.wait_for_end(run_id).summary.status is RunStatus.FAILED
    usage = row(installation, "SELECT provider, error_kind, cost_usd FROM api_usage")
    assert usage == {"provider": "acme-llm", "error_kind": "not_configured", "cost_usd": 0}


@pytest.mark.parametrize("pricing", ["free", "listed"])
def test_answer_cut_off_costs_nothing_where_calls_are_free(
    bench: Bench, workers: Workers, own: LLMockServer, installation: Installation, pricing: str
) -> None:
    cost = 0 if pricing == "free" else None
    connect(bench, own, pricing=pricing)
    own.state.scenarios.add(StreamFault("truncate", after_chunks=1))
    workers.start()
    assert bench.wait_for_end(bench.launch(chain("a"), model=MODEL)).summary.status is RunStatus.COMPLETED
    cut, answered = rows(installation, "SELECT error_kind, cost_usd FROM api_usage ORDER BY created_at")
    assert cut == {"error_kind": "stream_cut", "cost_usd": cost}
    assert (answered["error_kind"], answered["cost_usd"]) == (None, cost)


@pytest.mark.parametrize(("is_free", "cost"), [(True, 0), (False, None)])
def test_what_a_lost_worker_asked_costs_nothing_where_calls_are_free(
    bench: Bench, installation: Installation, *, is_free: bool, cost: int | None
) -> None:
    make_connection(installation.database, bench.cast.alice, is_free=is_free)
    run = make_run(installation.database, bench.cast.alice, project_id=bench.project_id, model=MODEL)
    open_run(installation.database, bench.cast.organization_a, run.id).advance(
        begin=[beginning("Phase 0") | {"model": MODEL}]
    )
    open_run(installation.database, bench.cast.organization_a, run.id)  # by the next one
    assert row(installation, "SELECT error_kind, cost_usd FROM api_usage") == {"error_kind": "lost", "cost_usd": cost}


def test_another_address_is_called_at_the_next_attempt(
    bench: Bench, workers: Workers, own: LLMockServer, connection_id: UUID
) -> None:
    own.state.scenarios.add(Delay(seconds=2, match=CHAT))
    run_id = bench.launch(chain("a", "b"), model=MODEL)
    workers.start()
    until(lambda: own.state.journal.in_flight == 1)
    with mock_endpoint() as another:
        entry = entry_for(another, api_key="sk-another-0123456789", models=["gpt-4o"])
        edit(bench.cast.alice, connection_id, entry)
        assert bench.wait_for_end(run_id).summary.status is RunStatus.COMPLETED
        assert [each.path for each in another.state.journal.records()] == ["/v1/chat/completions"]


def test_run_of_another_organization_finds_no_connection(
    bench: Bench, own: LLMockServer, connection_id: UUID, installation: Installation
) -> None:
    """Neither when it is launched, nor when a worker of it asks the database."""
    charlie = bench.cast.charlie
    phases = {"phases": [{"code": "a", "name": "A", "prompt": "{{ topic }}"}]}
    template_id = make_template(installation.database, charlie, data=phases, status="published")
    project_id = create_project(charlie, ProjectEntry(name="Boat", topic="A boat"))
    with pytest.raises(ModelCallError, match="no connection “acme-llm”"):
        launch_run(charlie, LaunchRequest(project_id=project_id, template_id=template_id, model=MODEL))
    ask = "SELECT api.find_connection(%s, 'acme-llm')"
    assert call_worker(installation.database, ask, bench.cast.organization_b)["connection"] is None
    assert call_worker(installation.database, ask, bench.cast.organization_a)["connection"]["name"] == "Acme models"
