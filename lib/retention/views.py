"""What pages and the command line see of retention and of legal holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from lib.models.retention import RetentionKind

#: What would go of runs and calls is counted no further.
MOST_COUNTED: Final = 10_000
#: Setting of an organization -> what it is about, in the order in which pages tell of them.
SETTINGS: Final[Mapping[str, RetentionKind]] = {
    "retention.run_days": RetentionKind.RUNS,
    "retention.usage_days": RetentionKind.USAGE,
    "retention.audit_days": RetentionKind.AUDIT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RunExample:
    """A run that would go."""

    id: UUID
    title: str
    ended_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedRange:
    """A stretch of the trail, under one seal, that would go."""

    number: int
    #: None is the beginning.
    since: datetime | None
    until: datetime | None
    entries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Removable:
    """What of one kind would go, and what of that age stays; runs and calls are counted as far as `MOST_COUNTED`."""

    kind: RetentionKind
    #: What is from before that moment goes.
    before: datetime
    count: int
    oldest: datetime | None
    #: Kept by a legal hold.
    held: int
    #: Kept because a retry of theirs stays.
    retried: int = 0
    #: Stretches of the trail.
    seals: int = 0
    #: The first seal that does not hold, as far as that was looked at; from there on so many entries stay.
    broken_seal: int | None = None
    stopped: int = 0
    #: Nothing goes before that moment, for it was set or shortened; None where that was 24 hours ago.
    waits_until: datetime | None = None
    #: The oldest ten.
    runs: Sequence[RunExample] = ()
    ranges: Sequence[SealedRange] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A legal hold: nothing that it is about is removed until somebody releases it."""

    id: UUID
    #: None is the whole organization.
    project_id: UUID | None
    project: str | None
    reason: str
    placed_by: str
    placed_at: datetime
    released_by: str | None = None
    released_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """What was removed of one kind, as the trail tells of it."""

    id: UUID
    kind: RetentionKind
    removed_at: datetime
    #: It was from before that moment.
    before: datetime | None
    #: As `{"runs": 3, "phases": 9}`.
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class KindState:
    """How one kind is kept in an organization, and what the last day's removal came to, for the operator."""

    kind: RetentionKind
    #: None is for ever.
    days: int | None
    day: date | None
    before: datetime | None
    counts: Mapping[str, int]
    #: None while there is more to be removed, or where nothing ever was.
    ended_at: datetime | None
    failed_at: datetime | None
    failure: str | None
    #: Nothing of the trail is removed from that seal on, for it does not hold.
    broken_seal: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationState:
    """What an organization keeps for how long, for the operator."""

    id: UUID
    name: str
    #: Open ones.
    holds: int
    kinds: Sequence[KindState]
