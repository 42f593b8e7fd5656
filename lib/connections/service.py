"""What people do with connections to models: set up, edit, switch off, delete."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.connections import queries
from lib.connections.entry import ConnectionEntry, check_entry, check_key, check_models, check_slug
from lib.connections.opening import entered_prices, key_purpose
from lib.connections.structures import LastTest
from lib.connections.vendor_facts import VENDORS
from lib.connections.views import ConnectionUse, ConnectionView, Pricing
from lib.db.constraints import constraint_of
from lib.db.session import tenant_session
from lib.errors import AlreadyTaken, Conflict, InvalidInput, NotFound
from lib.models.connection import ProviderConnection
from lib.providers.base import ModelParameters
from lib.providers.vendors import Vendor
from lib.secrets.vault import seal
from lib.validation import read_stored

#: Of shorter keys the last four characters would be too much.
_SHORTEST_SHOWN: Final = 16
#: A change of one of these makes the last test say nothing any more; so does another key.
_TESTED: Final = ("vendor", "base_url", "api_version", "parameters")
_EDITED_MEANWHILE: Final = "Somebody else has edited this connection meanwhile, so nothing was saved. Look at it again."
_SLUG_TAKEN: Final = "provider_connections_organization_id_slug_key"


def list_connections(actor: Actor) -> tuple[ConnectionView, ...]:
    """The organization's connections, by name. Raises `NotPermitted`."""
    actor.require(Permission.CONNECTIONS_VIEW)
    with tenant_session(actor) as session:
        marks = queries.mark_keys(session)
        return tuple(view_of(row, key_mark=marks.get(row.id, "")) for row in queries.list_connections(session))


def get_connection(actor: Actor, connection_id: UUID) -> ConnectionView:
    """One connection. Raises `NotFound`, `NotPermitted`."""
    actor.require(Permission.CONNECTIONS_VIEW)
    with tenant_session(actor) as session:
        return _see(session, get_row(session, connection_id))


def create_connection(actor: Actor, entry: ConnectionEntry, *, slug: str = "") -> UUID:
    """Set up a connection and return its id; nothing is asked of it yet.

    Raises `InvalidInput`, `AlreadyTaken` for the slug, `NotPermitted`.
    """
    actor.require(Permission.CONNECTIONS_MANAGE)
    columns = check_entry(entry)
    name = check_slug(slug, name=columns["name"])
    key = check_key(entry.api_key)
    if not key and VENDORS[columns["vendor"]].needs_key:
        message = f"{VENDORS[columns['vendor']].label} asks for a key. Enter one."
        raise InvalidInput(message, field="Key")
    connection = ProviderConnection(
        organization_id=actor.organization_id,
        created_by=actor.user_id,
        slug=name,
        **columns,
        **_sealed(actor, key, columns),
    )
    try:
        with tenant_session(actor) as session:
            session.add(connection)
            session.flush()
            return connection.id
    except IntegrityError as error:
        if constraint_of(error) != _SLUG_TAKEN:
            raise
        message = f"There is a connection “{name}” already. Choose another short name."
        raise AlreadyTaken(message, field="Short name") from error


def update_connection(actor: Actor, entry: ConnectionEntry, *, seen: ConnectionView) -> None:
    """Change the connection that was `seen`; an empty key keeps the one that is there.

    A key is for the address that it was entered for: with another one it has to be entered anew, or whoever may edit a
    connection could have its key sent to themselves. Raises `InvalidInput`, `NotFound`, `NotPermitted`, and `Conflict`
    where somebody else has edited it meanwhile.
    """
    actor.require(Permission.CONNECTIONS_MANAGE)
    columns = check_entry(entry)
    key = check_key(entry.api_key)
    with tenant_session(actor) as session:
        row = get_row(session, seen.id, for_update=True)
        if _see(session, row).edited != seen.edited:
            raise Conflict(_EDITED_MEANWHILE)
        is_elsewhere = (columns["vendor"], columns["base_url"]) != (row.vendor, row.base_url)
        if is_elsewhere and row.key_last4 is not None and not key and not entry.removes_key:
            message = "The key was entered for another address, and is not sent to this one. Enter it again."
            raise InvalidInput(message, field="Key")
        if key or entry.removes_key:
            columns |= _sealed(actor, key, columns) | {"last_tested_at": None, "last_test": {}}
        if any(columns[name] != getattr(row, name) for name in _TESTED):
            columns |= {"last_tested_at": None, "last_test": {}}
        for name, value in columns.items():
            setattr(row, name, value)


def set_models(actor: Actor, models: tuple[str, ...], *, seen: ConnectionView) -> None:
    """Offer these models, in this order, by the connection that was `seen`.

    Raises `InvalidInput`, `NotFound`, `NotPermitted`, and `Conflict` where somebody else has chosen others meanwhile.
    """
    actor.require(Permission.CONNECTIONS_MANAGE)
    checked = check_models(models)
    with tenant_session(actor) as session:
        row = get_row(session, seen.id, for_update=True)
        if tuple(row.models) != seen.models:
            raise Conflict(_EDITED_MEANWHILE)
        row.models = checked


def set_active(actor: Actor, connection_id: UUID, *, is_active: bool) -> None:
    """Let people choose it, or not. Runs that ask it notice at their next attempt.

    Raises `NotFound`, `NotPermitted`.
    """
    actor.require(Permission.CONNECTIONS_MANAGE)
    with tenant_session(actor) as session:
        get_row(session, connection_id, for_update=True).is_active = is_active


def delete_connection(actor: Actor, connection_id: UUID) -> None:
    """Delete a connection and its key. Runs that ask it fail, and say why. Raises `NotFound`, `NotPermitted`."""
    actor.require(Permission.CONNECTIONS_MANAGE)
    with tenant_session(actor) as session:
        session.delete(get_row(session, connection_id, for_update=True))


def find_uses(actor: Actor, connection_id: UUID) -> ConnectionUse:
    """What would miss it. Raises `NotFound`, `NotPermitted`."""
    actor.require(Permission.CONNECTIONS_VIEW)
    with tenant_session(actor) as session:
        slug = get_row(session, connection_id).slug
        return ConnectionUse(
            runs=queries.count_runs(session, actor.organization_id, slug),
            projects=queries.count_projects(session, actor.organization_id, slug),
            templates=queries.count_templates(session, actor.organization_id, slug),
            is_organization_default=queries.is_organization_default(session, actor.organization_id, slug),
        )


def get_row(session: Session, connection_id: UUID, *, for_update: bool = False) -> ProviderConnection:
    """The row, or `NotFound`."""
    row = queries.load_connection(session, connection_id, for_update=for_update)
    if row is None:
        raise NotFound("connection")
    return row


def view_of(row: ProviderConnection, *, key_mark: str) -> ConnectionView:
    """What a page sees of the row."""
    prices = entered_prices(row.input_usd_per_million, row.output_usd_per_million)
    return ConnectionView(
        id=row.id,
        slug=row.slug,
        name=row.name,
        vendor=Vendor(row.vendor),
        base_url=row.base_url,
        api_version=row.api_version,
        has_key=row.key_last4 is not None,
        key_last4=row.key_last4 or "",
        key_mark=key_mark,
        models=tuple(row.models),
        parameters=read_stored(ModelParameters, row.parameters, what="The connection's parameters"),
        pricing=Pricing.FREE if row.is_free else Pricing.ENTERED if prices else Pricing.LISTED,
        prices=prices,
        requests_per_minute=row.requests_per_minute,
        is_active=row.is_active,
        last_tested_at=row.last_tested_at,
        last_test=read_stored(LastTest, row.last_test, what="The last test") if row.last_test else None,
        updated_at=row.updated_at,
    )


def _see(session: Session, row: ProviderConnection) -> ConnectionView:
    return view_of(row, key_mark=queries.mark_keys(session, connection_id=row.id).get(row.id, ""))


def _sealed(actor: Actor, key: str, columns: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a key, which is good at the address of `columns` only; of none where it is empty."""
    if not key:
        return {"encrypted_key": None, "key_last4": None}
    purpose = key_purpose(columns["vendor"], columns["base_url"])
    sealed = seal(key, organization_id=actor.organization_id, purpose=purpose)
    return {"encrypted_key": sealed, "key_last4": key[-4:] if len(key) >= _SHORTEST_SHOWN else ""}
