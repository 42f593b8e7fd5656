"""A worker speaks for a person, at a time that they have set (docs/decisions/0016): with the rights of that moment.

Who they are the database says, with what is due; whether they may be spoken for is asked by whoever does it.
"""

from collections.abc import Sequence
from typing import Any, Final, Protocol
from uuid import UUID, uuid4

from lib.access.actor import Actor, Origin
from lib.access.permissions import Permission, Role

_NO_SESSION: Final = UUID(int=0)


class Person(Protocol):
    """Whose it is that is due, as `api.claim_schedule` and `api.claim_usage_report` tell of them."""

    @property
    def user_id(self) -> UUID: ...
    @property
    def organization_id(self) -> UUID: ...
    @property
    def role(self) -> str: ...
    @property
    def permissions(self) -> Sequence[Any]: ...
    @property
    def full_name(self) -> str: ...
    @property
    def email(self) -> str: ...
    @property
    def username(self) -> str: ...
    @property
    def organization_name(self) -> str: ...
    @property
    def organization_slug(self) -> str: ...
    @property
    def is_sample(self) -> bool: ...
    @property
    def sees_own_only(self) -> bool: ...


def speak_for(person: Person, *, user_agent: str) -> Actor:
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
