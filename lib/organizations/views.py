"""What people see of organizations."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from lib import clock
from lib.models.organization import Tier
from lib.organizations.structures import OrganizationSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What stands around every page, for one person."""

    tier: Tier
    #: Runs that wait for this person, at most one more than `MOST_COUNTED`.
    waiting_runs: int
    #: Answers that wait for this person's word, counted likewise.
    waiting_reviews: int
    #: Versions of templates that others have asked somebody's word for, counted likewise.
    waiting_templates: int
    #: When the organization ends, if somebody has asked for that; for those alone who may take it back.
    deletes_at: datetime | None = None


#: A tenth one is counted as well, so that nine can be told from more.
MOST_COUNTED = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """Calls to models in the month that ends at `resets_at`."""

    used: int
    #: None has no end.
    limit: int | None
    resets_at: datetime

    @classmethod
    def read(cls, used: int, limit: int | None, resets_at: datetime) -> "Quota":
        """From its columns: the first call after the month's end sets the counter back, and until then it is old."""
        return cls(used=0 if resets_at <= clock.now() else used, limit=limit, resets_at=resets_at)

    @property
    def is_used_up(self) -> bool:
        """Whether the next call would be refused."""
        return self.limit is not None and self.used >= self.limit


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationDetail:
    """An organization, for those who govern it."""

    id: UUID
    name: str
    slug: str
    #: Short names that it had, the latest first: they lead to it as well.
    former_slugs: tuple[str, ...]
    tier: Tier
    people: int
    quota: Quota
    settings: OrganizationSettings
    #: Every field that can be edited, by its name ("retention.run_days"), as it is now.
    values: Mapping[str, Any]
    created_at: datetime
    deletes_at: datetime | None
    is_sample: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedOut:
    """Whom a change of settings leaves nothing but the set-up of a second factor, at once."""

    people: int
    #: Whether whoever makes the change is among them.
    is_oneself: bool


class Standing(StrEnum):
    """How an organization stands with the installation."""

    ACTIVE = "active"
    #: Nobody of it is let in, its runs stand still.
    SUSPENDED = "suspended"
    #: Its end was asked for; until then it works as ever.
    DELETING = "deleting"
    #: Gone for its people; an operator can restore it until it is purged.
    DELETED = "deleted"


class OrganizationSort(StrEnum):
    """What a list of organizations begins with."""

    NEWEST = "newest"
    OLDEST = "oldest"
    NAME = "name"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationSummary:
    """What the installation's operator sees of an organization, and no more."""

    id: UUID
    name: str
    slug: str
    tier: Tier
    people: int
    quota: Quota
    standing: Standing
    suspension_reason: str | None
    deletes_at: datetime | None
    created_at: datetime
