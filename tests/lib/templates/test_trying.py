"""A try is a call in earnest: taken from the quota, in the usage however it ends, and cancelled within moments."""

import pytest
from llmock.scenarios import Delay
from llmock.testing import LLMockServer

from lib.errors import Conflict, NotPermitted, QuotaUsedUp
from lib.providers.base import ModelChoice, ModelParameters
from lib.providers.errors import ModelCallError
from lib.templates.trying import MOST_OF_ONE, Try, begin_try
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.records import row, rows
from tests.workers import endpoint, until

__all__ = ["endpoint"]

CHOICE = ModelChoice("openai", "gpt-4o-mini")


def ask(actor: object, choice: ModelChoice = CHOICE) -> Try:
    parameters = ModelParameters(max_tokens=50)
    return begin_try(actor, choice, "Say something", parameters=parameters, timeout_seconds=30)  # type: ignore[arg-type]  # anybody


def quota(installation: Installation, cast: Cast) -> int:
    used: int = row(installation, "SELECT api_quota_used FROM organizations WHERE id = %s", cast.organization_a)[
        "api_quota_used"
    ]
    return used


def test_answer_is_in_the_usage_and_in_the_quota(
    installation: Installation, cast: Cast, endpoint: LLMockServer
) -> None:
    tried = ask(cast.max)
    assert tried.wait(20)
    assert tried.answer
    used = row(installation, "SELECT * FROM api_usage")
    assert (used["organization_id"], used["user_id"]) == (cast.organization_a, cast.max.user_id)
    assert (used["provider"], used["endpoint"], used["status_code"]) == ("openai", "/v1/chat/completions", 200)
    assert used["tokens_used"] == tried.answer.total_tokens > 0
    assert (used["cost_usd"], used["error_kind"], used["run_id"]) == (tried.cost_usd, None, None)
    assert quota(installation, cast) == 1


def test_cancelled_try_ends_at_once_and_is_counted(
    installation: Installation, cast: Cast, endpoint: LLMockServer
) -> None:
    endpoint.state.scenarios.add(Delay(seconds=20))
    tried = ask(cast.max)
    noted = row(installation, "SELECT error_kind FROM api_usage")
    assert noted == {"error_kind": "lost"}, "what a process that dies now leaves"
    tried.cancel()
    assert until(lambda: tried.is_over) < 5
    assert row(installation, "SELECT error_kind, cost_usd FROM api_usage") == {
        "error_kind": "cancelled",
        "cost_usd": None,
    }
    assert quota(installation, cast) == 1


def test_without_a_call_left_nothing_is_asked(installation: Installation, cast: Cast, endpoint: LLMockServer) -> None:
    with doors.admin(installation.database) as connection:
        connection.execute("UPDATE organizations SET api_quota_limit = 0 WHERE id = %s", [cast.organization_a])
    with pytest.raises(QuotaUsedUp):
        ask(cast.max)
    assert (endpoint.state.journal.records(), rows(installation, "SELECT * FROM api_usage")) == ([], [])


def test_who_may_launch_nothing_and_models_that_are_not_there_cost_nothing(
    installation: Installation, cast: Cast, endpoint: LLMockServer
) -> None:
    with pytest.raises(NotPermitted):
        ask(cast.vera)
    with pytest.raises(ModelCallError, match="no connection “nowhere”"):
        ask(cast.max, ModelChoice("nowhere", "x"))
    assert quota(installation, cast) == 0


def test_nobody_takes_the_places_of_all(installation: Installation, cast: Cast, endpoint: LLMockServer) -> None:
    endpoint.state.scenarios.add(Delay(seconds=20))
    tries = [ask(cast.max) for _ in range(MOST_OF_ONE)]
    with pytest.raises(Conflict, match="2 of your tries are under way"):
        ask(cast.max)
    tries.append(ask(cast.mona))
    for tried in tries:
        tried.cancel()
    until(lambda: all(tried.is_over for tried in tries))
    tries.append(ask(cast.max))
    tries[-1].cancel()
    until(lambda: tries[-1].is_over)
    assert quota(installation, cast) == MOST_OF_ONE + 2
