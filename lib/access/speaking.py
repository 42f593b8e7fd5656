"""A worker speaks for a person, at a time that they have set (docs/decisions/0016): with the rights of that moment.

Who they are the database says, with what is due; whether they may be spoken for is asked by whoever does it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID, uuid4

from lib.access.actor import Actor, Origin
from lib.access.permissions import Permission, Role

_NO_SESSION: Final = UUID(int=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """Whose it is that is due, as the function that claims it tells of them: who they are at this moment."""

    user_id: UUID
    organization_id: UUID
    role: str
    permissions: Sequence[Any]
    full_name: str
    email: str
    username: str
    organization_name: str
    organization_slug: str
    is_sample: bool
    sees_own_only: bool
    #: Neither deactivated nor deleted.
    is_there: bool
    #: Their session would open nothing but the set-up of their second factor.
    lacks_second_factor: bool


def speak_for(person: Spoken, *, user_agent: str) -> Actor:
    """The person, without a session. `user_agent` says in the trail what acts."""
    return Actor(
        user_id=person.user_id,
        organization_id=person.organization_id,
        session_id=_NO_SESSION,
        role=Role(person.role),
        full_name=person.full_name,
        email=person.email,
        username=person.username,
        organization_name=person.organization_name,
        organization_slug=person.organization_slug,
        origin=Origin(request_id=uuid4(), user_agent=user_agent),
        extra_permissions=frozenset(permission for permission in Permission if permission in person.permissions),
        is_scheduled=True,
        is_sample=person.is_sample,
        sees_own_only=person.sees_own_only,
    )
