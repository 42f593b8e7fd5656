"""What a person may do and why, and what another one may give or take: pure rules over the permission table.

PostgreSQL keeps the same: `api.guard_users` for people, `api.may_invite` for invitations.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from lib.access.actor import Actor
from lib.access.permissions import GRANTS, Permission, Role, Scope
from lib.errors import InvalidInput

_REACH = {None: 0, Scope.OWN: 1, Scope.ORGANIZATION: 2}
#: Whom everybody who may invite may invite; beyond these it takes `users.edit` too.
_ANYBODYS = frozenset({Role.MEMBER, Role.VIEWER})


@dataclass(frozen=True, slots=True)
class Rights:
    """What makes up a person's permissions."""

    role: Role
    #: Beside those of the role, for every row of the organization.
    permissions: frozenset[Permission] = field(default_factory=frozenset)

    @property
    def scopes(self) -> Mapping[Permission, Scope]:
        """How far each permission reaches; what is not there is not held."""
        return GRANTS[self.role] | dict.fromkeys(self.permissions, Scope.ORGANIZATION)

    @classmethod
    def read(cls, role: str, permissions: Iterable[object]) -> "Rights":
        """What is stored. A word that a newer version knows is not one that this version can grant."""
        stored = set(permissions)
        return cls(Role(role), frozenset(each for each in Permission if each in stored))

    @classmethod
    def enter(cls, role: str, permissions: Iterable[str]) -> "Rights":
        """What somebody asks for. Raises `InvalidInput` for a word that is no role or no permission."""
        if role not in set(Role):
            raise InvalidInput(f"“{role}” is no role. Choose one of: {', '.join(Role)}.", field="Role")
        wanted = set(permissions)
        if unknown := wanted - set(Permission):
            raise InvalidInput(f"“{min(unknown)}” is no permission. Choose from the list.", field="Permissions")
        return cls(Role(role), frozenset(map(Permission, wanted)))


def rights_of(actor: Actor) -> Rights:
    """Those of the person who asks."""
    return Rights(actor.role, actor.extra_permissions)


def beyond(actor: Actor, rights: Rights) -> Iterator[Permission]:
    """What of these rights goes beyond the person's own."""
    own, scopes = rights_of(actor).scopes, rights.scopes
    return (each for each in Permission if _REACH[scopes.get(each)] > _REACH[own.get(each)])


def may_change(actor: Actor, before: Rights, after: Rights) -> bool:
    """Whether both are within the person's own rights: nobody lifts somebody above themselves, or brings one down."""
    return not any(beyond(actor, before)) and not any(beyond(actor, after))


def may_invite(actor: Actor, rights: Rights) -> bool:
    """Whether this person may invite somebody to be that."""
    if not actor.may(Permission.USERS_INVITE) or any(beyond(actor, rights)):
        return False
    return actor.may(Permission.USERS_EDIT) or (rights.role in _ANYBODYS and not rights.permissions)


def roles_to_give(actor: Actor, before: Rights) -> tuple[Role, ...]:
    """To which roles this person may bring somebody who has these rights; their own role is among them."""
    return tuple(role for role in Role if may_change(actor, before, Rights(role, before.permissions)))


def roles_to_invite(actor: Actor) -> tuple[Role, ...]:
    """As what this person may invite somebody."""
    return tuple(role for role in Role if may_invite(actor, Rights(role)))


def permissions_to_give(actor: Actor) -> tuple[Permission, ...]:
    """What this person may grant beside a role."""
    return tuple(each for each in Permission if actor.may(Permission.USERS_EDIT) and actor.may(each))
