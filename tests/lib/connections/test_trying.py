"""Tests of a connection are calls in earnest: seen beside it, in the usage and in the trail."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from llmock.scenarios import Delay, Fail
from llmock.testing import LLMockServer
from psycopg.types.json import Jsonb

from lib.config import get_settings
from lib.connections import service, trying
from lib.connections.views import Health
from lib.db import claims
from lib.db.logins import Login
from lib.errors import BudgetUsedUp, InvalidInput
from lib.providers.errors import ErrorKind, ModelCallError
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.lib.connections.conftest import Make
from tests.made_budgets import make_budget, spend
from tests.own_endpoint import KEY, MODEL
from tests.records import row, rows, signature, trail
from tests.workers import until


def test_answer_is_timed_counted_priced_and_kept(installation: Installation, cast: Cast, make: Make) -> None:
    prices = {"pricing": "entered", "input_usd_per_million": 1000, "output_usd_per_million": 2000}
    connection_id = make(cast.alice, **prices)
    tested = trying.test_connection(cast.alice, connection_id, f" {MODEL} ")
    assert tested.has_worked
    assert tested.prompt_tokens
    assert tested.completion_tokens
    assert tested.endpoint.endswith("/chat/completions")
    expected = (Decimal(1000) * tested.prompt_tokens + Decimal(2000) * tested.completion_tokens) / 1_000_000
    assert tested.cost_usd == expected
    seen = service.get_connection(cast.mona, connection_id)
    assert (seen.health, seen.last_test) == (Health.WORKING, tested)
    assert seen.last_tested_at is not None
    usage = row(installation, "SELECT * FROM api_usage")
    assert (
        usage.items()
        >= {
            "organization_id": cast.organization_a,
            "user_id": cast.alice.user_id,
            "provider": "acme-llm",
            "model": MODEL,
            "endpoint": tested.endpoint,
            "method": "POST",
            "status_code": 200,
            "prompt_tokens": tested.prompt_tokens,
            "completion_tokens": tested.completion_tokens,
            "tokens_used": tested.prompt_tokens + tested.completion_tokens,
            "cost_usd": expected,
            "run_id": None,
            "error_kind": None,
        }.items()
    )
    (entry,) = trail(installation, "provider_connections.test", connection_id)
    assert entry.items() >= signature(cast.alice).items()
    assert entry["new_values"]["model"] == MODEL
    assert trail(installation, "provider_connections.update", connection_id) == [], "it is no edit"
    assert row(installation, "SELECT api_quota_used FROM organizations WHERE id = %s", cast.organization_a) == {
        "api_quota_used": 0
    }


def test_refusal_is_said_in_words_and_kept_too(
    installation: Installation, cast: Cast, make: Make, llm: LLMockServer
) -> None:
    connection_id = make(cast.alice)
    llm.state.scenarios.add(Fail(401, message=f"Incorrect API key provided: {KEY}"))
    tested = trying.test_connection(cast.alice, connection_id, MODEL)
    assert (tested.kind, tested.status, tested.cost_usd) == (ErrorKind.AUTH, 401, 0)
    assert "does not accept the key" in tested.message
    assert service.get_connection(cast.alice, connection_id).health is Health.FAILING
    usage = row(installation, "SELECT status_code, error_kind, provider, cost_usd FROM api_usage")
    assert usage == {"status_code": 401, "error_kind": "auth", "provider": "acme-llm", "cost_usd": 0}
    assert KEY not in str(rows(installation, "SELECT * FROM audit_logs"))


def test_call_is_in_the_usage_before_it_is_made(
    installation: Installation, cast: Cast, make: Make, llm: LLMockServer
) -> None:
    connection_id = make(cast.alice)
    llm.state.scenarios.add(Delay(seconds=3))
    with ThreadPoolExecutor() as pool:
        testing = pool.submit(trying.test_connection, cast.alice, connection_id, MODEL)
        until(lambda: bool(llm.state.journal.records()))
        noted = row(installation, "SELECT error_kind, provider, model, cost_usd FROM api_usage")
        assert noted == {"error_kind": "lost", "provider": "acme-llm", "model": MODEL, "cost_usd": None}, (
            "what a process that dies now leaves"
        )
        assert testing.result().has_worked
    assert row(installation, "SELECT error_kind, status_code FROM api_usage") == {
        "error_kind": None,
        "status_code": 200,
    }


@pytest.mark.parametrize("scope", ["organization", "user"])
def test_hard_budget_that_is_used_up_lets_no_connection_be_tested(
    *, installation: Installation, cast: Cast, make: Make, llm: LLMockServer, scope: str
) -> None:
    connection_id = make(cast.alice)
    about = {"user_id": cast.alice.user_id} if scope == "user" else {}
    make_budget(cast.alice, "1", is_hard=True, scope=scope, **about)
    spend(installation.database, cast.alice, "1.25")
    with pytest.raises(BudgetUsedUp, match=r"“Autumn”.*exceeded by \$0\.25.*Alice or Mona can raise it"):
        trying.test_connection(cast.alice, connection_id, MODEL)
    assert llm.state.journal.records() == []
    assert service.get_connection(cast.alice, connection_id).health is Health.UNTESTED
    assert row(installation, "SELECT count(*) AS n FROM api_usage")["n"] == 1, "what was spent before"


def test_what_nobody_knows_of_a_test_is_not_written_down_as_nothing(
    installation: Installation, cast: Cast, make: Make
) -> None:
    said = Jsonb({"endpoint": "model", "model": MODEL, "kind": "timeout"})
    connection_id = make(cast.alice)
    with doors.person(installation.database, cast.alice) as connection:
        begun = connection.execute("SELECT api.begin_connection_test(%s, %s)", [connection_id, MODEL]).fetchone()
        assert begun is not None
        connection.execute("SELECT api.finish_connection_test(%s, %s, %s)", [connection_id, begun[0], said])
    usage = row(installation, "SELECT cost_usd, prompt_tokens, completion_tokens, tokens_used FROM api_usage")
    assert usage == {"cost_usd": None, "prompt_tokens": None, "completion_tokens": None, "tokens_used": 0}


def test_address_that_became_private_is_not_called(
    installation: Installation, cast: Cast, make: Make, llm: LLMockServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection_id = make(cast.alice)
    monkeypatch.setenv("ORCHESTRATOR_ALLOWED_PRIVATE_HOSTS", "")
    get_settings.cache_clear()
    tested = trying.test_connection(cast.alice, connection_id, MODEL)
    assert tested.kind == ErrorKind.NOT_CONFIGURED
    assert "ORCHESTRATOR_ALLOWED_PRIVATE_HOSTS" in tested.message
    with pytest.raises(ModelCallError, match="ORCHESTRATOR_ALLOWED_PRIVATE_HOSTS"):
        trying.list_models_there(cast.alice, connection_id)
    assert llm.state.journal.records() == []


def test_key_that_nobody_can_open_any_more_says_what_to_do(
    installation: Installation, cast: Cast, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection_id = make(cast.alice)
    another = "another-key-of-the-tests-0123456789"
    claims.install_keys(installation.database.url(Login.OWNER), [another])
    monkeypatch.setenv("ORCHESTRATOR_SECRET_KEY", another)
    get_settings.cache_clear()
    tested = trying.test_connection(cast.alice, connection_id, MODEL)
    assert tested.kind == ErrorKind.NOT_CONFIGURED
    assert "ORCHESTRATOR_PREVIOUS_SECRET_KEYS" in tested.message


def test_models_are_those_that_the_endpoint_lists(cast: Cast, make: Make) -> None:
    assert MODEL in trying.list_models_there(cast.alice, make(cast.alice))


def test_test_without_a_model_asks_for_one(cast: Cast, make: Make) -> None:
    with pytest.raises(InvalidInput, match="Choose the model"):
        trying.test_connection(cast.alice, make(cast.alice), " ")


def test_deactivated_connection_can_be_tested(cast: Cast, make: Make) -> None:
    connection_id = make(cast.alice)
    service.set_active(cast.alice, connection_id, is_active=False)
    assert trying.test_connection(cast.alice, connection_id, "gpt-4o").has_worked, "before it is activated again"
