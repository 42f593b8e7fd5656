"""What the pages see of the audit trail."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from lib.users.views import Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One entry of the trail."""

    id: UUID
    created_at: datetime
    #: None is nobody in particular: the installation itself.
    person: Person | None
    #: As stored: "projects.update".
    action: str
    #: In words that follow the person's name: "archived the project".
    did: str
    #: The fields that changed, without those that only the database reads.
    old: Mapping[str, object]
    new: Mapping[str, object]


class Outcome(StrEnum):
    """Whether somebody did it, or was kept from it."""

    DONE = "done"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that entries are about."""

    #: As stored: "projects".
    kind: str
    id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryFilter:
    """What a list of entries is narrowed to; nothing of it is everything."""

    outcome: Outcome | None = None
    #: Who did it.
    user_id: UUID | None = None
    #: Who did it, or to whom it was done.
    with_id: UUID | None = None
    action: str | None = None
    kind: str | None = None
    thing: Thing | None = None
    since: datetime | None = None
    before: datetime | None = None
    #: An address, an id, or a part of what a person or a thing is called.
    search: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What a search for a name has found."""

    #: Kind -> its things that are called so, the newest.
    ids: Mapping[str, Sequence[UUID]] = field(default_factory=dict)
    #: Kinds of which more are called so than a search finds.
    beyond: Sequence[str] = ()
    #: Only the newest runs were looked at, for there are more.
    are_runs_cut: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry(Change):
    """One entry as a list of the whole trail says it."""

    user_id: UUID | None
    thing: Thing | None
    #: What the thing is called, or was called last; None where the trail knows no name.
    name: str | None
    outcome: Outcome
    address: str | None
    user_agent: str | None
    session_id: UUID | None
    request_id: UUID | None
    #: The seal that it is under; None in a list, and where there is none yet.
    seal: int | None = None


class FindingKind(StrEnum):
    """What is unusual."""

    #: Somebody's first sign-in from a network.
    NEW_NETWORK = "new_network"
    #: A sign-in at an hour at which they never came.
    ODD_HOUR = "odd_hour"
    #: Many refusals within minutes.
    BURST = "burst"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something unusual about how people come in, with the entries that say so."""

    kind: FindingKind
    #: None where several people, or nobody who is known, came from the address.
    user_id: UUID | None
    #: None where they came from several.
    address: str | None
    began_at: datetime
    ended_at: datetime
    #: In the order of time.
    entry_ids: Sequence[UUID]
    #: Of the person.
    name: str | None = None


class Reason(StrEnum):
    """What does not fit about a seal."""

    #: Rows of its range are others than when it was made.
    ROWS = "rows"
    #: The seal itself was changed.
    SEAL = "seal"
    #: It does not follow on the seal before: one was removed, or put in its place.
    CHAIN = "chain"
    #: It is not the one that somebody has noted down.
    NOTED = "noted"
    #: It is marked as one whose entries retention has removed, and the trail does not tell of that.
    UNTOLD = "untold"
    #: It did not hold before retention removed its entries, which an operator had accepted: nobody can look any more.
    ACCEPTED = "accepted"


class Kind(StrEnum):
    """How a row differs from what was sealed."""

    CHANGED = "changed"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class Difference:
    """One row that differs."""

    entry_id: UUID
    kind: Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class SealFault:
    """A seal that does not fit, and the range of time that it is over."""

    number: int
    #: None is the beginning.
    since: datetime | None
    until: datetime | None
    reasons: Sequence[Reason]
    #: At most a hundred.
    differences: Sequence[Difference] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What came of verifying, as far as it has got."""

    #: The last seal that was verified.
    number: int = 0
    last_hash: bytes
    through_id: UUID
    rows: int = 0
    #: Seals whose entries retention has removed, how many entries those were, and when the last of them went.
    removed_seals: int = 0
    removed_rows: int = 0
    removed_at: datetime | None = None
    #: At most a hundred of them are told.
    faults: Sequence[SealFault] = ()
    fault_count: int = 0
    is_done: bool = False
    #: Rows that no seal covers yet, as far as they are counted.
    unsealed: int = 0
    #: A seal that was noted down somewhere else: its number, and its hash as hexadecimal digits.
    noted: tuple[int, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SealStatus:
    """The newest seal."""

    #: 0 where there is none yet.
    number: int = 0
    hash: str = ""
    sealed_at: datetime | None = None
    unsealed: int
