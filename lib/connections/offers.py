"""Which models a person may choose: their organization's connections', then those that the installation offers."""

from collections.abc import Callable
from urllib.parse import urlsplit

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.config import get_settings
from lib.connections import queries
from lib.connections.opening import is_of_environment, open_connection, open_environment
from lib.connections.structures import OfferedConnection
from lib.db.session import tenant_session
from lib.providers.base import ModelChoice, ModelParameters, ModelTraits, Provider
from lib.providers.catalog import Catalog, OfferedModel, get_traits, read_catalog
from lib.providers.http_client import run_now

_NOTHING = "No model is offered to your organization yet. An admin can set up a connection on the Connections page."


def read_offers(actor: Actor) -> Catalog:
    """What this person may choose from, the best default first. Raises `NotPermitted`.

    The installation's own endpoint may be asked for its list, for at most 8 s; connections have theirs with them.
    """
    actor.require(Permission.ORCHESTRATIONS_RUN)
    with tenant_session(actor) as session:
        own = [offer for connection in queries.list_offered(session) for offer in _offers(connection)]
    if get_settings().offers_environment_models_to(actor.organization_slug):
        catalog = read_catalog()
        return Catalog((*own, *catalog.models), catalog.problems if catalog.models or not own else ())
    return Catalog(tuple(own), () if own else (_NOTHING,))


def list_environment_models(actor: Actor) -> tuple[OfferedModel, ...]:
    """Those of the installation's own that this person's organization is offered. Raises `NotPermitted`."""
    actor.require(Permission.CONNECTIONS_VIEW)
    is_offered = get_settings().offers_environment_models_to(actor.organization_slug)
    return read_catalog().models if is_offered else ()


def read_traits(actor: Actor) -> Callable[[ModelChoice], ModelTraits]:
    """How to write for each model, with the connections' default parameters."""
    with tenant_session(actor) as session:
        own = {connection.slug: connection.parameters for connection in queries.list_offered(session)}

    def traits_of(choice: ModelChoice) -> ModelTraits:
        return _with(own[choice.provider], choice) if choice.provider in own else get_traits(choice)

    return traits_of


def check_model(actor: Actor, choice: ModelChoice) -> None:
    """Raise `ModelCallError` if a call would fail now: at most 8 s. Raises `NotPermitted`.

    For synchronous code: there must be no running event loop in this thread.
    """
    run_now(open_model(actor, choice).check(choice.model))


def open_model(actor: Actor, choice: ModelChoice) -> Provider:
    """Who answers this person for that model. Raises `ModelCallError` that says why nobody does, and `NotPermitted`."""
    actor.require(Permission.ORCHESTRATIONS_RUN)
    settings = get_settings()
    if is_of_environment(choice):
        return open_environment(choice, organization_slug=actor.organization_slug, settings=settings)
    with tenant_session(actor) as session:
        connection = queries.find_callable(session, choice.provider)
    return open_connection(connection, choice, settings=settings)


def _offers(connection: OfferedConnection) -> list[OfferedModel]:
    host = urlsplit(connection.base_url).netloc
    charges = "is free" if connection.is_free else "may charge for them"
    choices = (ModelChoice(connection.slug, model) for model in connection.models)
    return [
        OfferedModel(
            choice=choice,
            label=choice.model,
            provider_label=connection.name,
            note=f"Answers come from {host}, which is sent the prompts and {charges}.",
            is_local=False,
            is_free=connection.is_free,
            traits=_with(connection.parameters, choice),
        )
        for choice in choices
    ]


def _with(parameters: ModelParameters, choice: ModelChoice) -> ModelTraits:
    traits = get_traits(choice)
    return ModelTraits(
        is_small=traits.is_small,
        notes_characters=traits.notes_characters,
        parameters=parameters.over(traits.parameters),
    )
