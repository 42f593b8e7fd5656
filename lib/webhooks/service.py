"""What people do with endpoints: set up, edit, switch, turn their secrets, delete."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import Row, delete, insert, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.config import get_settings
from lib.db.constraints import constraint_of
from lib.db.session import tenant_session
from lib.entry import clean_line, clean_text
from lib.errors import AlreadyTaken, Conflict, FieldsInvalid, InvalidInput, NotFound
from lib.models.webhook import EventType, Webhook
from lib.webhooks import queries
from lib.webhooks.catalogue import EVENTS
from lib.webhooks.signing import make_secret, seal_secret
from lib.webhooks.views import (
    EndpointEntry,
    EndpointView,
    MadeEndpoint,
)

MAX_NAME, MAX_URL, MAX_DESCRIPTION = 255, 500, 2_000
#: Each event of a run is a row for each of them.
MOST_ENDPOINTS: Final = 50
#: A week: longer, and whoever has the old secret is not shut out.
MOST_OVERLAP_HOURS: Final = 168
_NAME_TAKEN: Final = "webhooks_organization_id_name_key"


def list_endpoints(actor: Actor) -> tuple[EndpointView, ...]:
    """The organization's, by name. Raises `NotPermitted`."""
    actor.require(Permission.WEBHOOKS_VIEW)
    with tenant_session(actor) as session:
        return tuple(_endpoint(row) for row in queries.list_endpoints(session, actor.organization_id))


def create_endpoint(actor: Actor, entry: EndpointEntry) -> MadeEndpoint:
    """Set one up; its secret is to be read now and never again. Nothing is sent yet.

    Raises `InvalidInput`, `AlreadyTaken`, `Conflict` where there are too many, `NotPermitted`.
    """
    actor.require(Permission.WEBHOOKS_MANAGE)
    checked, secret = _check(entry), make_secret()
    columns = checked.columns
    sealed = seal_secret(secret, organization_id=actor.organization_id)
    try:
        with tenant_session(actor) as session:
            if queries.count_endpoints(session, actor.organization_id) >= MOST_ENDPOINTS:
                message = f"There are {MOST_ENDPOINTS} endpoints, and no more are possible. Delete one first."
                raise Conflict(message)
            row = insert(Webhook).values(organization_id=actor.organization_id, secret_key=sealed, **columns)
            made = session.scalars(row.returning(Webhook.id)).one()
            return MadeEndpoint(id=made, name=columns["name"], secret=secret, unknown_host=checked.unknown_host)
    except IntegrityError as error:
        raise _taken(error, columns["name"]) from error


def update_endpoint(actor: Actor, entry: EndpointEntry, *, seen: EndpointView) -> str:
    """Change the one that was `seen`; returns the host of its address where no name server knows that, else nothing.

    What is on its way goes to the new address as well. Raises `InvalidInput`, `AlreadyTaken`, `NotFound`,
    `NotPermitted`, and `Conflict` where somebody else has edited it.
    """
    actor.require(Permission.WEBHOOKS_MANAGE)
    checked = _check(entry)
    columns = checked.columns
    try:
        with tenant_session(actor) as session:
            row = queries.load_endpoint(session, actor.organization_id, seen.id)
            if row is None:
                raise NotFound("endpoint")
            if row.updated_at != seen.updated_at:
                message = "Somebody else has edited this endpoint meanwhile, so nothing was saved. Look at it again."
                raise Conflict(message)
            session.execute(update(Webhook).where(Webhook.id == seen.id).values(columns))
            return checked.unknown_host
    except IntegrityError as error:
        raise _taken(error, columns["name"]) from error


def pause_endpoint(actor: Actor, webhook_id: UUID) -> None:
    """Switch it off: what happens meanwhile is kept for it. Raises `NotFound`, `NotPermitted`."""
    actor.require(Permission.WEBHOOKS_MANAGE)
    with tenant_session(actor) as session:
        _switch(session, actor, webhook_id, is_active=False)


def resume_endpoint(actor: Actor, webhook_id: UUID, *, with_waiting: bool) -> None:
    """Switch it on, with what has waited for it or without. Raises `NotFound`, `NotPermitted`."""
    actor.require(Permission.WEBHOOKS_MANAGE)
    with tenant_session(actor) as session:
        if not with_waiting:
            queries.drop_deliveries(session, webhook_id)
        _switch(session, actor, webhook_id, is_active=True)


def delete_endpoint(actor: Actor, webhook_id: UUID) -> None:
    """Delete it, its secret, and its deliveries with what is on its way. Raises `NotFound`, `NotPermitted`."""
    actor.require(Permission.WEBHOOKS_MANAGE)
    with tenant_session(actor) as session:
        gone = delete(Webhook).where(Webhook.organization_id == actor.organization_id, Webhook.id == webhook_id)
        if session.scalar(gone.returning(Webhook.id)) is None:
            raise NotFound("endpoint")


def rotate_secret(actor: Actor, seen: EndpointView, *, overlap_hours: int) -> MadeEndpoint:
    """A new secret, to be read now and never again; both sign for some hours, from 0 to `MOST_OVERLAP_HOURS`.

    Raises `InvalidInput`, `NotFound`, `NotPermitted`.
    """
    actor.require(Permission.WEBHOOKS_MANAGE)
    if not 0 <= overlap_hours <= MOST_OVERLAP_HOURS:
        message = f"Both secrets can sign for at most {MOST_OVERLAP_HOURS} hours. Choose less."
        raise InvalidInput(message, field="Both secrets sign for")
    secret = make_secret()
    sealed = seal_secret(secret, organization_id=actor.organization_id)
    with tenant_session(actor) as session:
        if not queries.rotate_secret(session, seen.id, sealed, overlap_seconds=overlap_hours * 3600):
            raise NotFound("endpoint")
    return MadeEndpoint(id=seen.id, name=seen.name, secret=secret, overlap_hours=overlap_hours)


@dataclass(frozen=True, slots=True)
class _Checked:
    """The columns as they are stored, but for the secret."""

    columns: dict[str, Any]
    #: Of the address, where no name server knows it.
    unknown_host: str


def _check(entry: EndpointEntry) -> _Checked:
    """What is to be stored. Raises `FieldsInvalid` with all that is wrong, in the order of the form."""
    from lib.http.safe import Judged, judge_url  # noqa: PLC0415 - 0.2 s that only who edits one waits for

    def check_url() -> Judged:
        url = clean_line(entry.url, field="Address", longest=MAX_URL)
        return judge_url(url, allowed_hosts=get_settings().allowed_hosts, field="Address", is_whole=True)

    checks: dict[str, Callable[[], Any]] = {
        "name": lambda: clean_line(entry.name, field="Name", longest=MAX_NAME),
        "url": check_url,
        "description": lambda: (
            clean_text(entry.description, field="Description", longest=MAX_DESCRIPTION, required=False) or None
        ),
        "events": lambda: _check_events(entry.events),
    }
    columns: dict[str, Any] = {}
    faults: dict[str, str] = {}
    for column, check in checks.items():
        try:
            columns[column] = check()
        except InvalidInput as error:
            faults[error.field or column] = error.message
    if faults:
        raise FieldsInvalid(faults)
    judged = columns["url"]
    unknown_host = "" if judged.is_known else urlsplit(judged.url).hostname or ""
    return _Checked({**columns, "url": judged.url}, unknown_host)


def _check_events(events: Sequence[str]) -> list[str]:
    unknown = [event for event in events if event not in EVENTS]
    if unknown:
        message = f"“{unknown[0][:60]}” is no event that endpoints are told of."
        raise InvalidInput(message, field="Events")
    if not events:
        message = "Choose at least one event."
        raise InvalidInput(message, field="Events")
    return [event for event in EVENTS if event in events]


def _taken(error: IntegrityError, name: str) -> Exception:
    if constraint_of(error) != _NAME_TAKEN:
        return error
    message = f"There is an endpoint “{name}” already. Choose another name."
    return AlreadyTaken(message, field="Name")


def _switch(session: Session, actor: Actor, webhook_id: UUID, *, is_active: bool) -> None:
    switched = update(Webhook).where(Webhook.organization_id == actor.organization_id, Webhook.id == webhook_id)
    if session.scalar(switched.values(is_active=is_active).returning(Webhook.id)) is None:
        raise NotFound("endpoint")


def _endpoint(row: Row[*tuple[Any, ...]]) -> EndpointView:
    return EndpointView(
        id=row.id,
        name=row.name,
        url=row.url,
        description=row.description or "",
        events=tuple(EventType(event) for event in row.events),
        is_active=row.is_active,
        disabled_at=row.disabled_at,
        disabled_reason=row.disabled_reason,
        consecutive_failures=row.consecutive_failures,
        failing_since=row.failing_since,
        resume_at=row.resume_at,
        last_triggered_at=row.last_triggered_at,
        previous_secret_expires_at=row.previous_secret_expires_at,
        updated_at=row.updated_at,
        recent=row.recent,
        recent_delivered=row.recent_delivered,
        waiting=row.waiting,
    )
