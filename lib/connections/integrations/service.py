"""What people do with the connections that operations go by: set up, edit, try, switch off, delete."""

from typing import Any, Final
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.config import get_settings
from lib.connections.entry import MAX_NAME, MAX_URL, check_slug
from lib.connections.integrations import queries
from lib.connections.integrations.opening import open_integration, secret_purpose
from lib.connections.integrations.views import IntegrationEntry, IntegrationView, OfferedIntegration
from lib.db.constraints import constraint_of
from lib.db.session import tenant_session
from lib.entry import clean_line
from lib.errors import AlreadyTaken, Conflict, InvalidInput, NotFound
from lib.integrations.base import ConnectionForm
from lib.integrations.registry import find_kinds, get_kind
from lib.models.connection import IntegrationConnection
from lib.providers.http_client import run_now
from lib.secrets.vault import seal

MAX_SECRET: Final = 2_000
#: Of shorter secrets the last four characters would be too much.
_SHORTEST_SHOWN: Final = 16
_SLUG_TAKEN: Final = "integration_connections_organization_id_slug_key"


def list_integrations(actor: Actor) -> tuple[IntegrationView, ...]:
    """The organization's, by name. Raises `NotPermitted`."""
    actor.require(Permission.CONNECTIONS_VIEW)
    with tenant_session(actor) as session:
        return tuple(_view(row) for row in queries.list_integrations(session))


def list_offered(actor: Actor) -> tuple[OfferedIntegration, ...]:
    """What templates may name, by name. Raises `NotPermitted`."""
    actor.require(Permission.ORCHESTRATIONS_VIEW)
    with tenant_session(actor) as session:
        return queries.list_offered(session)


def create_integration(actor: Actor, entry: IntegrationEntry, *, slug: str = "") -> UUID:
    """Set one up and return its id; nothing is sent anywhere. Raises `InvalidInput`, `AlreadyTaken`, `NotPermitted`."""
    actor.require(Permission.CONNECTIONS_MANAGE)
    columns = _check(entry)
    if not entry.secret.strip():
        label = _form(entry.kind).sealed.label
        message = f"{label} is empty. Enter it."
        raise InvalidInput(message, field=label)
    name = check_slug(slug, name=columns["name"])
    row = IntegrationConnection(
        organization_id=actor.organization_id,
        created_by=actor.user_id,
        slug=name,
        kind=entry.kind,
        **columns,
        **_sealed(actor, entry, columns["target"]),
    )
    try:
        with tenant_session(actor) as session:
            session.add(row)
            session.flush()
            return row.id
    except IntegrityError as error:
        if constraint_of(error) != _SLUG_TAKEN:
            raise
        message = f"There is an integration “{name}” already. Choose another short name."
        raise AlreadyTaken(message, field="Short name") from error


def update_integration(actor: Actor, entry: IntegrationEntry, *, seen: IntegrationView) -> None:
    """Change the one that was `seen`; an empty secret keeps the one that is there.

    A secret is for the target that it was entered for: with another one it has to be entered anew. Raises
    `InvalidInput`, `NotFound`, `NotPermitted`, and `Conflict` where somebody else has edited it meanwhile.
    """
    actor.require(Permission.CONNECTIONS_MANAGE)
    columns = _check(entry)
    with tenant_session(actor) as session:
        row = _get(session, seen.id, for_update=True)
        if row.updated_at != seen.updated_at:
            message = "Somebody else has edited this integration meanwhile, so nothing was saved. Look at it again."
            raise Conflict(message)
        if entry.secret.strip():
            columns |= _sealed(actor, entry, columns["target"])
        elif columns["target"] != row.target:
            sealed = _form(row.kind).sealed.label
            message = f"{sealed} was entered for another address. Enter it once more for this one."
            raise InvalidInput(message, field=sealed)
        for name, value in columns.items():
            setattr(row, name, value)


def set_active(actor: Actor, integration_id: UUID, *, is_active: bool) -> None:
    """Let operations go by it, or not. Raises `NotFound`, `NotPermitted`."""
    actor.require(Permission.CONNECTIONS_MANAGE)
    with tenant_session(actor) as session:
        _get(session, integration_id, for_update=True).is_active = is_active


def delete_integration(actor: Actor, integration_id: UUID) -> None:
    """Delete it and its secret. Operations that go by it fail, and say why. Raises `NotFound`, `NotPermitted`."""
    actor.require(Permission.CONNECTIONS_MANAGE)
    with tenant_session(actor) as session:
        session.delete(_get(session, integration_id, for_update=True))


def count_templates(actor: Actor, integration_id: UUID) -> int:
    """How many templates name it. Raises `NotFound`, `NotPermitted`."""
    actor.require(Permission.CONNECTIONS_VIEW)
    with tenant_session(actor) as session:
        slug = _get(session, integration_id).slug
        return queries.count_templates(session, actor.organization_id, slug)


def try_integration(actor: Actor, integration_id: UUID) -> None:
    """Ask the other side whether it is there and knows the secret, where that changes nothing there.

    Raises `OperationFailed` that says what is wrong, `InvalidInput` for a kind that can't be tried, `NotFound`,
    `NotPermitted`. No transaction is open meanwhile.
    """
    actor.require(Permission.CONNECTIONS_MANAGE)
    with tenant_session(actor) as session:
        row = _get(session, integration_id)
        found = queries.find_sealed(session, row.slug)
    if not _form(row.kind).is_testable:
        message = "It can't be tried without sending something."
        raise InvalidInput(message)
    opened = open_integration(found and {**found, "is_active": True}, slug=row.slug, kind=row.kind)
    run_now(get_kind(row.kind).test(opened, allowed_hosts=get_settings().allowed_hosts))


def _check(entry: IntegrationEntry) -> dict[str, Any]:
    """The columns as they are stored, but for the secret. Raises `InvalidInput`."""
    form = _form(entry.kind)
    name = clean_line(entry.name, field="Name", longest=MAX_NAME)
    target = clean_line(entry.target, field=form.target_label, longest=MAX_URL) if form.target_label else entry.target
    settings = {
        each.name: clean_line(
            entry.settings.get(each.name, ""), field=each.label, longest=200, required=each.is_required
        )
        for each in form.settings
    }
    secret = entry.secret.strip() or None
    if secret is not None and (len(secret) > MAX_SECRET or not all(letter.isprintable() for letter in secret)):
        message = "This is too long, or has line ends or signs that nobody can see. Copy it again."
        raise InvalidInput(message, field=form.sealed.label)
    checked = get_kind(entry.kind).check_connection(target, settings, secret)
    return {"name": name, "target": checked, "settings": {key: value for key, value in settings.items() if value}}


def _form(kind: str) -> ConnectionForm:
    form = get_kind(kind).connection
    if form is None:
        kinds = ", ".join(each.label for each in find_kinds().values() if each.connection)
        message = f"This kind of operation needs no connection. Those that do: {kinds}."
        raise InvalidInput(message, field="Kind")
    return form


def _sealed(actor: Actor, entry: IntegrationEntry, target: str) -> dict[str, Any]:
    """The columns of the secret, which is good for that target only."""
    secret, purpose = entry.secret.strip(), secret_purpose(entry.kind, target)
    return {
        "encrypted_secret": seal(secret, organization_id=actor.organization_id, purpose=purpose),
        "sealed_last4": secret[-4:] if len(secret) >= _SHORTEST_SHOWN else "",
    }


def _get(session: Session, integration_id: UUID, *, for_update: bool = False) -> IntegrationConnection:
    row = queries.load_integration(session, integration_id, for_update=for_update)
    if row is None:
        raise NotFound("integration")
    return row


def _view(row: IntegrationConnection) -> IntegrationView:
    return IntegrationView(
        id=row.id,
        slug=row.slug,
        name=row.name,
        kind=row.kind,
        target=row.target,
        settings={name: str(value) for name, value in row.settings.items()},
        sealed_last4=row.sealed_last4,
        is_active=row.is_active,
        updated_at=row.updated_at,
    )
