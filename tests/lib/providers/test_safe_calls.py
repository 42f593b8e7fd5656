"""Calls to addresses that people of an organization named, through the client that judges them, over real sockets."""

from decimal import Decimal
from functools import partial

import pytest
from llmock.scenarios import Fail
from pydantic import SecretStr

from lib.providers.base import ModelCall
from lib.providers.errors import ErrorKind, ModelCallError
from lib.providers.http_client import safe_client
from lib.providers.pricing import Prices
from lib.providers.remote import RemoteModels
from lib.providers.vendors import ConnectionSpec, Vendor, connect
from tests.lib.providers.conftest import KEY, Conversation, Mock, RawEndpoint, run


def connection(mock: Mock, **details: object) -> RemoteModels:
    values = {
        "name": "acme-llm",
        "vendor": Vendor.OPENAI_COMPATIBLE,
        "base_url": mock.url,
        "api_key": SecretStr(KEY),
        "allowed_hosts": frozenset({"127.0.0.1"}),
    }
    spec = ConnectionSpec(**(values | details))
    return connect(spec, client=partial(safe_client, spec.allowed_hosts))


def test_answer_costs_what_the_connection_says(mock: Mock) -> None:
    prices = Prices(Decimal("3"), Decimal("15.5"))
    answer = Conversation(connection(mock, prices=prices), "any-model").ask()
    expected = (3 * answer.prompt_tokens + Decimal("15.5") * answer.completion_tokens) / 1_000_000
    assert answer.cost_usd == expected > 0


def test_key_is_sent_as_the_protocol_has_it(mock: Mock, raw: RawEndpoint) -> None:
    with pytest.raises(ModelCallError):
        run(connection(mock, base_url=raw.url).check("any-model"))  # it answers nothing
    assert f"authorization: Bearer {KEY}".lower() in raw.requests[0].lower()


def test_free_connection_costs_nothing_and_one_without_a_price_nobody_knows(mock: Mock) -> None:
    assert Conversation(connection(mock, is_free=True), "any-model").ask().cost_usd == 0
    assert Conversation(connection(mock), "any-model").ask().cost_usd is None


def test_private_address_is_not_called_unless_the_operator_allows_it(mock: Mock) -> None:
    provider = connection(mock, allowed_hosts=frozenset())
    for ask in (
        lambda: provider.answer(ModelCall("any-model", "Hello", 5), on_text=print),
        lambda: provider.check("any-model"),
    ):
        with pytest.raises(ModelCallError, match="ORCHESTRATOR_ALLOWED_PRIVATE_HOSTS") as told:
            run(ask())
        assert told.value.kind is ErrorKind.NOT_CONFIGURED


def test_refused_key_is_to_be_changed_on_the_page_and_is_not_repeated(mock: Mock) -> None:
    mock.will(Fail(401))
    error = Conversation(connection(mock), "any-model").fail()
    assert error.kind is ErrorKind.AUTH
    assert "Connections page" in error.message
    assert "ORCHESTRATOR" not in error.message
    assert KEY not in error.message
