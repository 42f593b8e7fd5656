"""What the trail is told of by name, because no trigger sees it: nothing in a table changes."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import Uuid, func, literal, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session


def record_event(
    session: Session, action: str, *, resource_type: str, resource_id: UUID | None = None, values: Mapping[str, object]
) -> None:
    """Write that the person of this transaction did it; with the transaction it is there, or not."""
    session.execute(
        select(func.api.record_event(action, resource_type, literal(resource_id, Uuid()), literal(values, JSONB())))
    )
