"""Every select on people."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from lib.errors import NotSignedIn
from lib.models.people import people
from lib.models.user import User


def get_user(session: Session, user_id: UUID) -> User:
    """The row of the person who asks. Raises `NotSignedIn` when they are gone by now."""
    user = session.scalar(select(User).where(User.id == user_id))
    if user is None:
        raise NotSignedIn
    return user


def person(user_id: InstrumentedAttribute[UUID] | InstrumentedAttribute[UUID | None]) -> ColumnElement[Any]:
    """A column for other packages' selects: the person of that id as `Person` takes it, null where there is none."""
    return (
        select(
            func.jsonb_build_object(
                "name",
                people.c.name,
                "role",
                people.c.role,
                "is_deactivated",
                people.c.is_deactivated,
            )
        )
        .where(people.c.id == user_id)
        .scalar_subquery()
    )
