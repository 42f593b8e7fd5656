"""What a compliance report is written from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The organization as it is now, and how far its trail and its seals reach."""

    name: str
    slug: str
    tier: str
    settings: Mapping[str, object]
    created_at: datetime
    #: Of the first entry; None where there is none.
    begins_at: datetime | None
    #: Whether the trail still has the beginning of the organization.
    is_whole: bool
    #: Those over entries of the period.
    seals: int
    first_number: int | None
    first_hash: bytes | None
    last_number: int | None
    last_hash: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonThen:
    """Somebody as they were at a moment."""

    id: UUID
    name: str
    email: str
    role: str
    #: Beside those of the role, as they are stored.
    permissions: Sequence[str]
    joined_at: datetime
    #: None where they could sign in.
    deactivated_at: datetime | None
    has_second_factor: bool
    is_operator: bool
    #: None where nothing is known of any.
    last_sign_in_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Something that somebody did, as a table of the report says it."""

    at: datetime
    who: str
    #: In words that follow the person's name.
    did: str
    #: Whom or what they did it to.
    what: str = ""
    before: str = ""
    after: str = ""
    #: An address, or "command line".
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Month:
    """How often each action happened in a month, or in the part of it that the period has."""

    first: datetime
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Refused:
    """A person, or an address, and how often they were refused."""

    who: str
    number: int
    last_at: datetime
