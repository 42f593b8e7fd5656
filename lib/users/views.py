"""What the pages see of people and of those who are invited."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from lib.access.permissions import Permission, Role, Scope
from lib.users.rights import Rights


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody of the organization, as far as a line about what they did says it."""

    name: str
    role: str
    #: They can't sign in any more.
    is_deactivated: bool


#: Whoever is of no organization that the reader sees into, and did something to theirs: only an operator can.
SOME_OPERATOR: Final = Person(name="an operator of this installation", role="operator", is_deactivated=False)


class PersonStatus(StrEnum):
    """Whether somebody can sign in."""

    ACTIVE = "active"
    DEACTIVATED = "deactivated"


class InvitationStatus(StrEnum):
    """Where an invitation stands that nobody has accepted or revoked."""

    INVITED = "invited"
    #: Its link is too old; a new one renews it.
    EXPIRED = "expired"


class PersonSort(StrEnum):
    """What a list of people begins with."""

    #: Capital letters or not.
    NAME = "name"
    NEWEST = "newest"
    LAST_SIGN_IN = "last_sign_in"


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonSummary:
    """Somebody in the list of people."""

    id: UUID
    name: str
    email: str
    username: str
    role: Role
    #: Beside those of the role.
    permissions: frozenset[Permission]
    status: PersonStatus
    #: None where they were never there.
    last_login_at: datetime | None
    created_at: datetime
    #: Whether they sign in with a second factor.
    has_second_factor: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonDetail(PersonSummary):
    """Somebody, whole, and what the person who asks may do with them."""

    #: None where nobody of the organization did.
    invited_by: Person | None
    deactivated_at: datetime | None
    #: Living sessions, and when the last of them was used; None where that is not the reader's to see.
    sessions: int | None
    last_seen_at: datetime | None
    is_oneself: bool
    #: Role and permissions, as far as they are within the reader's own.
    may_edit: bool
    may_deactivate: bool
    may_end_sessions: bool
    #: A link for a new password.
    may_make_password_link: bool

    @property
    def rights(self) -> Rights:
        """Role and permissions, for a change to say what it began with."""
        return Rights(self.role, self.permissions)


class Reason(StrEnum):
    """Why somebody holds a permission, or does not."""

    ROLE = "role"
    GRANT = "grant"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """One permission of one person."""

    permission: Permission
    #: None is not at all.
    scope: Scope | None
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationSummary:
    """An open invitation."""

    id: UUID
    email: str
    role: Role
    permissions: frozenset[Permission]
    invited_by: Person
    status: InvitationStatus
    created_at: datetime
    expires_at: datetime
    #: Whether the person who asks may make a new link for it, or take it back.
    may_manage: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class InviteOutcome:
    """What became of one address: invited, by mail or with a link to hand over, or not, and `problem` says why."""

    email: str
    problem: str = ""
    #: The path with the secret, where no mail has it: shown once, for nobody can read it again.
    secret_path: str = field(default="", repr=False)
    expires_at: datetime | None = None
    #: Whether a mail with the link is on its way.
    is_mailed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordLink:
    """A way back in for one person, good once."""

    email: str
    #: The path with the secret, where no mail has it: shown once, for nobody can read it again.
    secret_path: str = field(repr=False)
    expires_at: datetime

    @property
    def is_mailed(self) -> bool:
        """Whether a mail with the link is on its way."""
        return not self.secret_path
