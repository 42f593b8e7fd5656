"""Which models a person may choose, and what the question before a launch says."""

from uuid import UUID

import pytest
from llmock.testing import LLMockServer

from lib.config import get_settings
from lib.connections import service
from lib.connections.offers import check_model, list_environment_models, read_offers, read_traits
from lib.errors import NotPermitted
from lib.providers.base import ModelChoice
from lib.providers.errors import ErrorKind, ModelCallError
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.lib.connections.conftest import Make
from tests.own_endpoint import MODEL

OWN = ModelChoice("acme-llm", MODEL)
ENVIRONMENT = ModelChoice("openai", "gpt-4o")


@pytest.fixture
def environment(llm: LLMockServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The installation has models of its own as well."""
    monkeypatch.setenv("ORCHESTRATOR_OPENAI_BASE_URL", llm.base_url())
    monkeypatch.setenv("ORCHESTRATOR_OPENAI_MODELS", ENVIRONMENT.model)
    get_settings.cache_clear()


def offer(monkeypatch: pytest.MonkeyPatch, to: str) -> None:
    monkeypatch.setenv("ORCHESTRATOR_OFFER_ENVIRONMENT_MODELS", to)
    get_settings.cache_clear()


def test_members_are_offered_their_organizations_models_first(cast: Cast, make: Make, environment: None) -> None:
    make(cast.alice, pricing="free")
    own, other = read_offers(cast.max).models
    assert (own.choice, own.provider_label, own.is_free) == (OWN, "Acme models", True)
    assert "127.0.0.1" in own.note
    assert other.choice == ENVIRONMENT
    assert [model.choice for model in read_offers(cast.charlie).models] == [ENVIRONMENT]
    check_model(cast.max, OWN)


def test_viewer_is_offered_nothing(cast: Cast, make: Make) -> None:
    make(cast.alice)
    with pytest.raises(NotPermitted):
        read_offers(cast.vera)
    with pytest.raises(NotPermitted):
        check_model(cast.vera, OWN)


@pytest.mark.parametrize(
    ("offered", "to_a", "to_b"),
    [("all", True, True), ("none", False, False), ("acme", True, False), (" Borealis , other", False, True)],
)
def test_operator_says_who_is_offered_the_installations_models(
    *, cast: Cast, environment: None, monkeypatch: pytest.MonkeyPatch, offered: str, to_a: bool, to_b: bool
) -> None:
    offer(monkeypatch, offered)
    for actor, is_offered in ((cast.alice, to_a), (cast.charlie, to_b)):
        assert [model.choice for model in read_offers(actor).models] == [ENVIRONMENT] * is_offered
        assert bool(list_environment_models(actor)) is is_offered
        if is_offered:
            check_model(actor, ENVIRONMENT)
            continue
        assert "Connections page" in read_offers(actor).problems[0]
        with pytest.raises(ModelCallError, match="not offered to your organization"):
            check_model(actor, ENVIRONMENT)


def _deactivate(cast: Cast, connection_id: UUID) -> None:
    service.set_active(cast.alice, connection_id, is_active=False)


def _delete(cast: Cast, connection_id: UUID) -> None:
    service.delete_connection(cast.alice, connection_id)


def _withdraw(cast: Cast, connection_id: UUID) -> None:
    service.set_models(cast.alice, ("gpt-4o",), seen=service.get_connection(cast.alice, connection_id))


@pytest.mark.parametrize(
    ("act", "said"), [(_deactivate, "is deactivated"), (_delete, "no connection"), (_withdraw, "does not offer")]
)
def test_what_is_not_offered_any_more_is_not_asked_and_says_why(
    *, cast: Cast, make: Make, llm: LLMockServer, act: object, said: str
) -> None:
    act(cast, make(cast.alice))  # type: ignore[operator] # one of the three
    assert OWN not in [model.choice for model in read_offers(cast.max).models]
    with pytest.raises(ModelCallError, match=said) as told:
        check_model(cast.max, OWN)
    assert told.value.kind is ErrorKind.NOT_CONFIGURED
    assert llm.state.journal.records() == []


def test_another_organizations_connection_is_not_found_by_its_slug(cast: Cast, make: Make) -> None:
    make(cast.alice)
    with pytest.raises(ModelCallError, match="no connection “acme-llm”"):
        check_model(cast.charlie, OWN)


def test_default_parameters_are_what_the_model_is_best_asked_with(cast: Cast, make: Make) -> None:
    make(cast.alice, parameters={"temperature": 0.3})
    assert read_traits(cast.max)(OWN).parameters.temperature == 0.3
    assert read_traits(cast.max)(ENVIRONMENT).parameters.temperature is None


def test_sealed_key_leaves_by_its_door_only_and_for_whoever_may_call(
    installation: Installation, cast: Cast, make: Make
) -> None:
    make(cast.alice)
    ask = "SELECT api.open_connection('acme-llm')"
    for actor, refused in ((cast.alice, None), (cast.max, None), (cast.vera, "42501")):
        with doors.person(installation.database, actor) as connection:
            assert doors.refusal(connection, ask) == refused
            assert doors.refusal(connection, "SELECT encrypted_key FROM provider_connections") == "42501"
            assert doors.refusal(connection, "SELECT * FROM provider_connections") == "42501"
            returning = "UPDATE provider_connections SET name = name RETURNING encrypted_key"
            assert doors.refusal(connection, returning) == "42501"
    with doors.person(installation.database, cast.charlie) as connection:
        found = connection.execute(ask).fetchone()
    assert found == (None,)
