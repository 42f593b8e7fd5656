"""Every select on saved views; the policies leave a person their own."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lib.models.saved_view import SavedView


def list_views(session: Session, user_id: UUID, page: str, *, limit: int) -> list[SavedView]:
    """By name."""
    mine = select(SavedView).where(SavedView.user_id == user_id, SavedView.page == page)
    return list(session.scalars(mine.order_by(func.lower(SavedView.name), SavedView.id).limit(limit)))


def find_view(session: Session, view_id: UUID) -> SavedView | None:
    """The one of that id."""
    return session.get(SavedView, view_id)


def find_named(session: Session, user_id: UUID, page: str, name: str) -> SavedView | None:
    """The one of that name."""
    return session.scalar(
        select(SavedView).where(SavedView.user_id == user_id, SavedView.page == page, SavedView.name == name)
    )


def count_views(session: Session, user_id: UUID, page: str) -> int:
    """How many somebody has of a page."""
    mine = select(func.count()).select_from(SavedView).where(SavedView.user_id == user_id, SavedView.page == page)
    return session.scalar(mine) or 0
