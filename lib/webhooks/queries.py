"""Every select on endpoints and their deliveries."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Interval, Row, Select, case, cast, false, func, select, true
from sqlalchemy.orm import Session

from lib.db.counting import count_each
from lib.db.paging import Order, Rows, count_at_most, read_page
from lib.models.webhook import DeliveryStatus, EventType, Webhook, WebhookAttempt, WebhookDelivery, WebhookEvent
from lib.webhooks.views import DeliveryFilter, DeliveryState

#: Of an endpoint's newest deliveries so many say how it does.
RECENT: Final = 1_000
#: More that wait are not counted.
MOST_WAITING: Final = 1_000
NEWEST: Final = Order("newest", WebhookDelivery.created_at, WebhookDelivery.id)
_OPEN: Final = (DeliveryStatus.PENDING, DeliveryStatus.SENDING)
_STATUSES: Final = {
    DeliveryState.DELIVERED: (DeliveryStatus.DELIVERED,),
    DeliveryState.UNDER_WAY: _OPEN,
    DeliveryState.FAILED: (DeliveryStatus.FAILED,),
    DeliveryState.DROPPED: (DeliveryStatus.DROPPED,),
}
#: Of an endpoint nobody who signs in reads the secrets.
_ENDPOINT: Final = (
    Webhook.id,
    Webhook.name,
    Webhook.url,
    Webhook.description,
    Webhook.events,
    Webhook.is_active,
    Webhook.disabled_at,
    Webhook.disabled_reason,
    Webhook.consecutive_failures,
    Webhook.failing_since,
    Webhook.resume_at,
    Webhook.last_triggered_at,
    Webhook.previous_secret_expires_at,
    Webhook.updated_at,
)


def list_endpoints(session: Session, organization_id: UUID) -> Sequence[Row[*tuple[Any, ...]]]:
    """The organization's, by name, each with `recent`, `recent_delivered` and `waiting`. There are few of them."""
    own = _of_endpoint(organization_id)
    ended = (
        own.where(
            WebhookDelivery.status.in_((DeliveryStatus.DELIVERED, DeliveryStatus.FAILED)),
            WebhookDelivery.created_at > func.now() - cast("7 days", Interval),
        )
        .order_by(WebhookDelivery.created_at.desc())
        .limit(RECENT)
        .subquery()
    )
    recent = select(
        func.count().label("recent"),
        func.count().filter(ended.c.status == DeliveryStatus.DELIVERED).label("recent_delivered"),
    ).select_from(ended)
    open_ = own.where(WebhookDelivery.status.in_(_OPEN)).limit(MOST_WAITING).subquery()
    waiting = select(func.count().label("waiting")).select_from(open_)
    recently, now = recent.lateral("recently"), waiting.lateral("now")
    statement = (
        select(*_ENDPOINT, recently.c.recent, recently.c.recent_delivered, now.c.waiting)
        .select_from(Webhook)
        .where(Webhook.organization_id == organization_id)
        .join(recently, true())
        .join(now, true())
        .order_by(func.lower(Webhook.name), Webhook.id)
    )
    return session.execute(statement).all()


def load_endpoint(session: Session, organization_id: UUID, webhook_id: UUID) -> Row[*tuple[Any, ...]] | None:
    """What is to be read of one, locked."""
    statement = select(*_ENDPOINT).where(Webhook.organization_id == organization_id, Webhook.id == webhook_id)
    return session.execute(statement.with_for_update(key_share=True)).first()


def count_endpoints(session: Session, organization_id: UUID) -> int:
    """How many the organization has."""
    return session.scalars(select(func.count()).where(Webhook.organization_id == organization_id)).one()


def list_deliveries(
    session: Session, organization_id: UUID, *, chosen: DeliveryFilter, cursor: str | None, limit: int
) -> Rows:
    """A page of deliveries, the newest first; the columns are called as in `DeliveryView`."""
    return read_page(session, _narrow(_deliveries(organization_id), chosen), order=NEWEST, cursor=cursor, limit=limit)


def export_deliveries(organization_id: UUID, chosen: DeliveryFilter) -> Select[*tuple[Any, ...]]:
    """What a file of deliveries says, and of which."""
    columns = (
        WebhookDelivery.id,
        Webhook.name.label("webhook_name"),
        WebhookDelivery.event_id,
        WebhookDelivery.event_type,
        WebhookDelivery.status,
        WebhookDelivery.status_code,
        WebhookDelivery.attempts,
        WebhookDelivery.duration_ms,
        WebhookDelivery.error,
        WebhookDelivery.created_at,
        WebhookDelivery.finished_at,
    )
    found = select(*columns).select_from(WebhookDelivery).join(*_ITS_WEBHOOK)
    return _narrow(found.where(WebhookDelivery.organization_id == organization_id), chosen)


def count_deliveries(session: Session, organization_id: UUID, *, chosen: DeliveryFilter, most: int) -> int:
    """How many there are, counted no further than `most`."""
    found = select(WebhookDelivery.id).where(WebhookDelivery.organization_id == organization_id)
    return count_at_most(session, _narrow(found, chosen), most=most)


def count_by_state(
    session: Session, organization_id: UUID, *, chosen: DeliveryFilter, most: int
) -> dict[DeliveryState, int]:
    """How many there are in each state, whichever is chosen; the other filters hold."""
    found = select(WebhookDelivery.event_id).where(WebhookDelivery.organization_id == organization_id)
    statements = {state: _narrow(found, replace(chosen, state=state)) for state in DeliveryState}
    return count_each(session, statements, search="", most=most)


def count_failed_since(session: Session, organization_id: UUID, webhook_id: UUID, since: datetime, *, most: int) -> int:
    """How many deliveries to one endpoint have failed since then, counted no further than `most`."""
    found = select(WebhookDelivery.id).where(
        WebhookDelivery.organization_id == organization_id,
        WebhookDelivery.webhook_id == webhook_id,
        WebhookDelivery.status == DeliveryStatus.FAILED,
        WebhookDelivery.event_type != EventType.WEBHOOK_TEST,
        WebhookDelivery.created_at >= since,
    )
    return count_at_most(session, found, most=most)


def find_delivery(session: Session, organization_id: UUID, delivery_id: UUID) -> Row[*tuple[Any, ...]] | None:
    """One delivery as the list has it, with its endpoint's address and its event."""
    statement = (
        _deliveries(organization_id)
        .add_columns(
            Webhook.url,
            Webhook.resume_at,
            WebhookEvent.actor,
            WebhookEvent.data,
            WebhookEvent.created_at.label("happened_at"),
        )
        .where(WebhookDelivery.id == delivery_id)
    )
    return session.execute(statement).first()


def list_attempts(session: Session, organization_id: UUID, delivery_id: UUID) -> Sequence[WebhookAttempt]:
    """The newest first."""
    statement = (
        select(WebhookAttempt)
        .where(WebhookAttempt.organization_id == organization_id, WebhookAttempt.delivery_id == delivery_id)
        .order_by(WebhookAttempt.number.desc())
    )
    return session.scalars(statement).all()


def send_test(session: Session, webhook_id: UUID) -> UUID | None:
    """The delivery of a test event, which is on its way by then; None where there is no such endpoint."""
    found: UUID | None = session.scalar(select(func.api.send_test_event(webhook_id)))
    return found


def redeliver(
    session: Session, webhook_id: UUID, *, deliveries: Sequence[UUID] | None, since: datetime | None
) -> int | None:
    """Have those, or all that have failed since then, sent again; says how many, or None: no such endpoint."""
    found: int | None = session.scalar(select(func.api.redeliver(webhook_id, deliveries, since)))
    return found


def drop_deliveries(session: Session, webhook_id: UUID) -> int:
    """Let go what waits for an endpoint; says how many those are."""
    return session.scalar(select(func.api.drop_deliveries(webhook_id))) or 0


def rotate_secret(session: Session, webhook_id: UUID, sealed: str, *, overlap_seconds: int) -> bool:
    """Give the endpoint another secret; says whether there is one."""
    return bool(session.scalar(select(func.api.rotate_webhook_secret(webhook_id, sealed, overlap_seconds))))


_ITS_WEBHOOK: Final = (
    Webhook,
    (Webhook.organization_id == WebhookDelivery.organization_id) & (Webhook.id == WebhookDelivery.webhook_id),
)

_ITS_EVENT: Final = (
    WebhookEvent,
    (WebhookEvent.organization_id == WebhookDelivery.organization_id) & (WebhookEvent.id == WebhookDelivery.event_id),
)
#: Where the data of events say by name what they are about; of a run's it is the run.
_NAMED: Final = (
    ("run", "title"),
    ("project", "name"),
    ("template", "name"),
    ("user", "name"),
    ("invitation", "email"),
    ("webhook", "name"),
)
_ABOUT: Final = case(
    (WebhookDelivery.event_type == EventType.WEBHOOK_TEST, None),
    else_=func.coalesce(*(WebhookEvent.data[place].astext for place in _NAMED)),
)


def _deliveries(organization_id: UUID) -> Select[*tuple[Any, ...]]:
    return (
        select(
            WebhookDelivery.id,
            WebhookDelivery.webhook_id,
            Webhook.name.label("webhook_name"),
            WebhookDelivery.event_id,
            WebhookDelivery.event_type,
            _ABOUT.label("about"),
            WebhookDelivery.status,
            WebhookDelivery.attempts,
            (WebhookDelivery.attempts - WebhookDelivery.earlier_attempts).label("attempts_now"),
            WebhookDelivery.next_attempt_at,
            WebhookDelivery.status_code,
            WebhookDelivery.error,
            WebhookDelivery.duration_ms,
            WebhookDelivery.created_at,
            WebhookDelivery.finished_at,
        )
        .select_from(WebhookDelivery)
        .join(*_ITS_WEBHOOK)
        .join(*_ITS_EVENT)
        .where(WebhookDelivery.organization_id == organization_id)
    )


def _of_endpoint(organization_id: UUID) -> Select[*tuple[Any, ...]]:
    """Deliveries of the endpoint of the statement around it, without test events."""
    return (
        select(WebhookDelivery.status)
        .where(
            WebhookDelivery.organization_id == organization_id,
            WebhookDelivery.webhook_id == Webhook.id,
            WebhookDelivery.event_type != EventType.WEBHOOK_TEST,
        )
        .correlate(Webhook)
    )


def _narrow(statement: Select[*tuple[Any, ...]], chosen: DeliveryFilter) -> Select[*tuple[Any, ...]]:
    """The statement for those deliveries alone that are chosen."""
    if chosen.state is not None:
        statement = statement.where(WebhookDelivery.status.in_(_STATUSES[chosen.state]))
    if chosen.webhook_id is not None:
        statement = statement.where(WebhookDelivery.webhook_id == chosen.webhook_id)
    if chosen.event_type is not None:
        statement = statement.where(WebhookDelivery.event_type == chosen.event_type)
    if chosen.search:
        wanted = _read_id(chosen.search)
        is_it = (WebhookDelivery.event_id == wanted) | (WebhookDelivery.id == wanted)
        statement = statement.where(is_it if wanted else false())
    return statement


def _read_id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
