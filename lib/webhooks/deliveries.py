"""What people do with deliveries: look at them, try an endpoint, have what failed delivered again."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.orm import Session

from lib import clock
from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.audit.exports import export_list
from lib.config import get_settings
from lib.db.paging import Page
from lib.db.session import tenant_session
from lib.errors import Conflict, NotFound
from lib.exports import Column, ExportFormat, Kind
from lib.models.webhook import DeliveryStatus, EventType
from lib.runs.queries import count_live_workers
from lib.webhooks import queries
from lib.webhooks.catalogue import find_path
from lib.webhooks.payloads import EventRow, render
from lib.webhooks.views import (
    AttemptView,
    DeliveryDetail,
    DeliveryFilter,
    DeliveryState,
    DeliveryView,
    EndpointView,
    Pulse,
)
from lib.webhooks.watching import queries as watching

_NOT_SENT: Final = "Nothing is sent from the sample workspace: its endpoints are invented."

#: The columns of a file, as `queries.export_deliveries` finds them.
COLUMNS: Final = (
    Column("id", Kind.WORD),
    Column("endpoint", Kind.TEXT),
    Column("event_id", Kind.WORD),
    Column("event", Kind.WORD),
    Column("status", Kind.WORD),
    Column("status_code", Kind.INTEGER),
    Column("attempts", Kind.INTEGER),
    Column("duration_ms", Kind.INTEGER),
    Column("error", Kind.TEXT),
    Column("created_at", Kind.MOMENT),
    Column("finished_at", Kind.MOMENT),
)


def send_test(actor: Actor, webhook_id: UUID) -> UUID:
    """Have a worker send a test event, whether the endpoint is on or off, and return its delivery's id.

    It counts for nothing. Raises `Conflict` in the sample workspace, `NotFound`, `NotPermitted`.
    """
    actor.require(Permission.WEBHOOKS_MANAGE)
    _refuse_sample(actor)
    with tenant_session(actor) as session:
        delivery_id = queries.send_test(session, webhook_id)
        if delivery_id is None:
            raise NotFound("endpoint")
        return delivery_id


def list_deliveries(
    actor: Actor, chosen: DeliveryFilter | None = None, *, cursor: str | None = None, limit: int = 25
) -> Page[DeliveryView]:
    """A page of deliveries, the newest first. Raises `InvalidInput` for a cursor that is none of it."""
    actor.require(Permission.WEBHOOKS_VIEW)
    with tenant_session(actor) as session:
        page = queries.list_deliveries(
            session, actor.organization_id, chosen=chosen or DeliveryFilter(), cursor=cursor, limit=limit
        )
        return Page(tuple(_delivery(row) for row in page.rows), page.newer, page.older)


def count_deliveries(actor: Actor, chosen: DeliveryFilter, *, most: int) -> int:
    """How many deliveries the filters leave, counted no further than `most`."""
    actor.require(Permission.WEBHOOKS_VIEW)
    with tenant_session(actor) as session:
        return queries.count_deliveries(session, actor.organization_id, chosen=chosen, most=most)


def count_deliveries_by_state(actor: Actor, chosen: DeliveryFilter, *, most: int) -> Mapping[DeliveryState, int]:
    """How many deliveries of each state the other filters leave; `most` + 1 are more."""
    actor.require(Permission.WEBHOOKS_VIEW)
    with tenant_session(actor) as session:
        return queries.count_by_state(session, actor.organization_id, chosen=chosen, most=most)


def export_deliveries(actor: Actor, chosen: DeliveryFilter, *, file_format: ExportFormat) -> bytes:
    """The deliveries that the filters leave, as a file; recorded as `webhooks.export`."""
    actor.require(Permission.WEBHOOKS_VIEW)
    with tenant_session(actor, is_one_moment=True) as session:
        return export_list(
            session,
            queries.export_deliveries(actor.organization_id, chosen),
            order=queries.NEWEST,
            columns=COLUMNS,
            file_format=file_format,
            resource_type="webhooks",
            filters=asdict(chosen),
        )


def get_delivery(actor: Actor, delivery_id: UUID) -> DeliveryDetail:
    """One delivery with what is sent and what came back. Raises `NotFound`."""
    actor.require(Permission.WEBHOOKS_VIEW)
    with tenant_session(actor) as session:
        row = _find_delivery(session, actor, delivery_id)
        attempts = queries.list_attempts(session, actor.organization_id, delivery_id)
        event = EventRow(
            id=row.event_id,
            type=EventType(row.event_type),
            organization_id=actor.organization_id,
            created_at=row.happened_at,
            actor=row.actor,
            data=row.data,
        )
        return DeliveryDetail(
            summary=_delivery(row),
            url=row.url,
            endpoint_resumes_at=row.resume_at,
            body=render(event, base_url=get_settings().url),
            page=None if event.type is EventType.WEBHOOK_TEST else find_path(event.type, event.data),
            attempts=tuple(
                AttemptView(
                    number=each.number,
                    started_at=each.started_at,
                    duration_ms=each.duration_ms,
                    status_code=each.status_code,
                    error=each.error,
                    response=each.response,
                    url=each.url,
                    resume_at=each.resume_at,
                )
                for each in attempts
            ),
            live_workers=count_live_workers(session),
        )


def watch(actor: Actor, delivery_ids: Sequence[UUID]) -> Pulse:
    """What moves by itself of the organization's endpoints, and of these deliveries."""
    actor.require(Permission.WEBHOOKS_VIEW)
    with tenant_session(actor) as session:
        endpoints = watching.watch_endpoints(session, actor.organization_id)
        found = watching.watch_deliveries(session, actor.organization_id, delivery_ids)
        wanted = set(delivery_ids)
        return Pulse(
            endpoints=tuple(_pulse_of(row) for row in endpoints),
            deliveries=frozenset((row.id, row.status, row.attempts) for row in found if row.id in wanted),
            newest=next((row.id for row in found if row.is_newest), None),
        )


def pulse_of(endpoints: Sequence[EndpointView], shown: Sequence[DeliveryView], *, newest: UUID | None) -> Pulse:
    """The same of what was read before."""
    return Pulse(
        endpoints=tuple(_pulse_of(endpoint) for endpoint in endpoints),
        deliveries=frozenset((each.id, str(each.status), each.attempts) for each in shown),
        newest=newest,
    )


def _pulse_of(endpoint: EndpointView | Row[*tuple[Any, ...]]) -> tuple[object, ...]:
    is_left_alone = endpoint.resume_at is not None and endpoint.resume_at > clock.now()
    return (
        endpoint.id,
        endpoint.is_active,
        endpoint.consecutive_failures,
        endpoint.last_triggered_at,
        endpoint.updated_at,
        is_left_alone,
    )


def redeliver(actor: Actor, delivery_id: UUID) -> None:
    """Have one delivery sent again, under the same event's id; where its endpoint is off, once that is on.

    Raises `Conflict` while it is being sent, for a test event and in the sample workspace; `NotFound`, `NotPermitted`.
    """
    actor.require(Permission.WEBHOOKS_MANAGE)
    _refuse_sample(actor)
    with tenant_session(actor) as session:
        row = _find_delivery(session, actor, delivery_id)
        if row.event_type == EventType.WEBHOOK_TEST:
            message = "A test event is not sent twice. Send another one."
            raise Conflict(message)
        if not queries.redeliver(session, row.webhook_id, deliveries=[delivery_id], since=None):
            message = "It is being sent this very moment. Look again in a few seconds."
            raise Conflict(message)


def count_failed(actor: Actor, webhook_id: UUID, *, since: datetime, most: int) -> int:
    """How many deliveries of events since then have failed, counted no further than `most`."""
    actor.require(Permission.WEBHOOKS_VIEW)
    with tenant_session(actor) as session:
        return queries.count_failed_since(session, actor.organization_id, webhook_id, since, most=most)


def redeliver_failed(actor: Actor, webhook_id: UUID, *, since: datetime) -> int:
    """Have all that have failed of events since then sent again; says how many.

    Raises `Conflict` in the sample workspace, `NotFound`, `NotPermitted`.
    """
    actor.require(Permission.WEBHOOKS_MANAGE)
    _refuse_sample(actor)
    with tenant_session(actor) as session:
        found = queries.redeliver(session, webhook_id, deliveries=None, since=since)
        if found is None:
            raise NotFound("endpoint")
        return found


def _refuse_sample(actor: Actor) -> None:
    if actor.is_sample:
        raise Conflict(_NOT_SENT)


def _find_delivery(session: Session, actor: Actor, delivery_id: UUID) -> Row[*tuple[Any, ...]]:
    row = queries.find_delivery(session, actor.organization_id, delivery_id)
    if row is None:
        raise NotFound("delivery")
    return row


def _delivery(row: Row[*tuple[Any, ...]]) -> DeliveryView:
    return DeliveryView(
        id=row.id,
        webhook_id=row.webhook_id,
        webhook_name=row.webhook_name,
        event_id=row.event_id,
        event_type=EventType(row.event_type),
        about=row.about,
        status=DeliveryStatus(row.status),
        attempts=row.attempts,
        attempts_now=row.attempts_now,
        next_attempt_at=row.next_attempt_at,
        status_code=row.status_code,
        error=row.error,
        duration_ms=row.duration_ms,
        created_at=row.created_at,
        finished_at=row.finished_at,
    )
