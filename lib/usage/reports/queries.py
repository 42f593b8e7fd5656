"""Every select on reports of usage; the policies leave a person their own."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from lib.models.usage_report import Rhythm, UsageReport


def list_reports(session: Session, user_id: UUID) -> list[UsageReport]:
    """The person's."""
    return list(session.scalars(select(UsageReport).where(UsageReport.user_id == user_id)))


def find_report(session: Session, user_id: UUID, rhythm: Rhythm) -> UsageReport | None:
    """The person's of that rhythm."""
    mine = select(UsageReport).where(UsageReport.user_id == user_id, UsageReport.rhythm == rhythm)
    return session.scalar(mine)
