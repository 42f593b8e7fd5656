"""Every select on people."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from lib.errors import NotSignedIn
from lib.models.user import User


def get_user(session: Session, user_id: UUID) -> User:
    """The row of the person who asks. Raises `NotSignedIn` when they are gone by now."""
    user = session.scalar(select(User).where(User.id == user_id))
    if user is None:
        raise NotSignedIn
    return user
