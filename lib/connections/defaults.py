"""Which model a run asks that names none: as things stand, and as they would after a change of the connections."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.connections import queries
from lib.connections.offers import list_environment_models
from lib.db.session import tenant_session
from lib.organizations.queries import read_settings

#: Where a connection that is not there yet stands among others of its name: keys are made in the order of time.
_NEWEST = UUID(int=2**128 - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferChange:
    """What a person is about to do: the connection offers these models from then on, under this name."""

    #: None is a new one.
    connection_id: UUID | None
    slug: str
    name: str
    #: None where it is deactivated or deleted.
    models: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class DefaultModel:
    """What is asked where neither phase, run, template nor project names a model."""

    #: `provider:model`.
    choice: str
    label: str
    #: False where the organization names one that is not on offer: it is not passed over, so a launch fails.
    is_offered: bool


@dataclass(frozen=True, slots=True)
class _Offer:
    connection_id: UUID
    slug: str
    name: str
    models: Sequence[str]


def read_default(actor: Actor, *, after: OfferChange | None = None) -> DefaultModel | None:
    """The model of runs that name none, or what it would be `after` a change; None where nothing is on offer.

    The installation's own endpoint may be asked for its list, for at most 8 s. Raises `NotPermitted`.
    """
    actor.require(Permission.CONNECTIONS_VIEW)
    with tenant_session(actor) as session:
        named = read_settings(session, actor.organization_id).default_ai_model
        own = _offers(session, after)
    offered = {f"{offer.slug}:{model}": f"{model} · {offer.name}" for offer in own for model in offer.models}
    offered |= {str(model.choice): model.full_label for model in list_environment_models(actor)}
    choice = named or next(iter(offered), None)
    if choice is None:
        return None
    return DefaultModel(choice=choice, label=offered.get(choice, choice), is_offered=choice in offered)


def _offers(session: Session, after: OfferChange | None) -> Sequence[_Offer]:
    """Each connection with what it offers, in the order in which people are offered them."""
    rows = queries.list_connections(session)
    offers = {row.id: _Offer(row.id, row.slug, row.name, row.models if row.is_active else ()) for row in rows}
    if after is None:
        return list(offers.values())
    key = after.connection_id or _NEWEST
    offers[key] = _Offer(key, after.slug, after.name, after.models)
    return [offers[each] for each in queries.order_by_name(session, {each: offers[each].name for each in offers})]
