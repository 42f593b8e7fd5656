"""Every select on people."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from lib.models.user import User


def get_user(session: Session, user_id: UUID) -> User:
    """The row of a person who is known to be there: the one who asks."""
    return session.scalars(select(User).where(User.id == user_id)).one()
