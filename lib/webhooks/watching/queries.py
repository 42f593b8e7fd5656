"""The selects of a look whether anything has moved: the least that tells, every few seconds."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from lib.models.webhook import Webhook, WebhookDelivery


def watch_endpoints(session: Session, organization_id: UUID) -> Sequence[Row[*tuple[Any, ...]]]:
    """What of the organization's endpoints moves by itself, by name."""
    moving = (
        Webhook.id,
        Webhook.is_active,
        Webhook.consecutive_failures,
        Webhook.resume_at,
        Webhook.last_triggered_at,
        Webhook.updated_at,
    )
    statement = select(*moving).where(Webhook.organization_id == organization_id)
    return session.execute(statement.order_by(func.lower(Webhook.name), Webhook.id)).all()


def watch_deliveries(
    session: Session, organization_id: UUID, delivery_ids: Sequence[UUID]
) -> Sequence[Row[*tuple[Any, ...]]]:
    """How these stand, and the newest of all, each with `is_newest`."""
    newest = (
        select(WebhookDelivery.id)
        .where(WebhookDelivery.organization_id == organization_id)
        .order_by(WebhookDelivery.created_at.desc(), WebhookDelivery.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    statement = select(
        WebhookDelivery.id,
        WebhookDelivery.status,
        WebhookDelivery.attempts,
        (WebhookDelivery.id == newest).label("is_newest"),
    ).where(
        WebhookDelivery.organization_id == organization_id,
        WebhookDelivery.id.in_(delivery_ids) | (WebhookDelivery.id == newest),
    )
    return session.execute(statement).all()
