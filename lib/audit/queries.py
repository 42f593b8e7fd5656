"""Every select on the audit trail."""

from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from lib.db.paging import Order, Rows, read_page
from lib.models.audit_log import AuditLog
from lib.users.queries import person

_NEWEST: Final = Order("newest", AuditLog.created_at, AuditLog.id)


def list_changes(
    session: Session, organization_id: UUID, *, resource_type: str, resource_id: UUID, cursor: str | None, limit: int
) -> Rows:
    """A page of what was done to one thing, the newest first. The first condition is the planner's."""
    statement = select(
        AuditLog.id,
        AuditLog.created_at,
        AuditLog.user_id,
        AuditLog.action,
        AuditLog.old_values,
        AuditLog.new_values,
        person(AuditLog.user_id).label("person"),
    ).where(
        AuditLog.organization_id == organization_id,
        AuditLog.resource_type == resource_type,
        AuditLog.resource_id == resource_id,
    )
    return read_page(session, statement, order=_NEWEST, cursor=cursor, limit=limit)
