"""What the operator sees of the installation: numbers of the database's own, and never what is in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256


@dataclass(frozen=True, slots=True)
class Waiting:
    """How much of something goes on or waits, and since when the oldest of it does."""

    number: int
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Connections:
    """One login's connections of a kind."""

    login: str
    #: As PostgreSQL says it: active, idle, idle in transaction. None where the owner may not look.
    state: str | None
    number: int
    #: Of the longest transaction, in ms.
    longest_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TableFacts:
    """One table, as the server counts it."""

    name: str
    #: With its indexes.
    bytes: int
    index_bytes: int
    live_rows: int
    #: Changed and deleted ones whose room is not free yet.
    dead_rows: int
    #: Since the server began to count.
    inserted: int
    deleted: int
    counted_since: datetime | None
    vacuumed_at: datetime | None
    analyzed_at: datetime | None
    #: The fewest that a row has taken on any noted day, with its indexes; None where the table was always small.
    tightest_row_bytes: float | None

    @property
    def bloat_bytes(self) -> float | None:
        """Room that is free in it, by how tightly its rows have lain before. None where nobody can say."""
        if self.tightest_row_bytes is None:
            return None
        return max(0.0, self.bytes - self.live_rows * self.tightest_row_bytes)

    @property
    def bloat_share(self) -> float | None:
        """Of the whole table, from 0 to 1."""
        return None if self.bloat_bytes is None or not self.bytes else self.bloat_bytes / self.bytes

    @property
    def dead_share(self) -> float:
        """Of all rows, from 0 to 1."""
        rows = self.live_rows + self.dead_rows
        return self.dead_rows / rows if rows else 0.0

    def bytes_a_day(self, now: datetime) -> float | None:
        """By how much it grows: rows that came and stayed, as wide as those that are there. None in the first hour."""
        days = (now - self.counted_since).total_seconds() / 86_400 if self.counted_since else 0.0
        if days < 1 / 24 or not self.live_rows:
            return None
        return (self.inserted - self.deleted) / days * self.bytes / self.live_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexFacts:
    """One index."""

    name: str
    table_name: str
    bytes: int
    #: Since the server began to count.
    scans: int
    #: From PostgreSQL 16 on.
    last_scan: datetime | None
    #: Whether it holds a rule (a key, no two alike): it is needed however seldom it is read.
    is_rule: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementFacts:
    """A statement, whatever its values, and the time that it took since the server began to count."""

    login: str
    statement: str
    calls: int
    total_ms: float
    longest_ms: float
    returned: int
    #: Of the time of all statements to this database, from 0 to 1.
    share: float
    counted_since: datetime | None

    @property
    def key(self) -> str:
        """What `/metrics` calls it: of its text alone, so it is the same after a restart and on another server."""
        return sha256(self.statement.encode()).hexdigest()[:12]

    @property
    def mean_ms(self) -> float:
        """Of one call."""
        return self.total_ms / self.calls if self.calls else 0.0


@dataclass(frozen=True, slots=True)
class StatementSum:
    """All statements of one login since the server began to count."""

    login: str
    calls: int
    total_ms: float


@dataclass(frozen=True, slots=True)
class StatementCounts:
    """What statements took; nothing of it where the server keeps no count."""

    by_login: Sequence[StatementSum]
    #: Those that took most of the time, the first of them first.
    slowest: Sequence[StatementFacts]


@dataclass(frozen=True, slots=True)
class PoolFacts:
    """The connections of one login that a process keeps."""

    login: str
    in_use: int
    idle: int
    #: Whoever needs one more waits.
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """The installation at one moment."""

    live_workers: int
    #: `runs.queued`, `runs.running`, `runs.waiting_review`, `runs.paused`, `deliveries.due`, `mail.due`, `usage.hours`.
    work: Mapping[str, Waiting]
    connections: Sequence[Connections]
    #: That the server takes from everybody.
    most_connections: int
    #: Of the process that looked.
    pools: Sequence[PoolFacts]
    #: The largest first.
    tables: Sequence[TableFacts]
    indexes: Sequence[IndexFacts]

    @property
    def bytes(self) -> int:
        """Of all tables with their indexes."""
        return sum(table.bytes for table in self.tables)

    @property
    def open_connections(self) -> int:
        """Of everybody."""
        return sum(each.number for each in self.connections)

    @property
    def unused_indexes(self) -> Sequence[IndexFacts]:
        """Those that nobody has read and no rule needs."""
        return [index for index in self.indexes if not index.scans and not index.is_rule]


@dataclass(frozen=True, slots=True)
class Sample:
    """How large something was on a day."""

    day: date
    bytes: int
    #: As the server counts them.
    live_rows: int


def growth_over(samples: Sequence[Sample], days: int) -> Sample | None:
    """What was added between the newest day and the last one so many days before it; None where there is none.

    Its day is the earlier one.
    """
    if not samples:
        return None
    last = samples[-1]
    earlier = [each for each in samples if (last.day - each.day).days >= days]
    if not earlier:
        return None
    first = earlier[-1]
    return Sample(first.day, last.bytes - first.bytes, last.live_rows - first.live_rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """How the database grows."""

    #: Of this moment.
    bytes: int
    #: Of the whole database, a day each, the oldest first; a year at most.
    samples: Sequence[Sample]
    #: The same of each table, for the newest day and those a week and a month before.
    tables: Mapping[str, Sequence[Sample]]
    #: What is free on the disk that the database lies on; None where that is another machine's.
    free_bytes: int | None

    @property
    def bytes_a_week(self) -> float | None:
        """By what it has grown in the last month, or for as long as is known; None before the second day."""
        if len(self.samples) < 2:
            return None
        last = self.samples[-1]
        first = next(each for each in self.samples if (last.day - each.day).days <= 31)
        days = (last.day - first.day).days
        return (last.bytes - first.bytes) / days * 7 if days else None

    @property
    def weeks_left(self) -> float | None:
        """Until its disk is full at that pace; None where it does not grow, or nobody knows."""
        pace = self.bytes_a_week
        return self.free_bytes / pace if self.free_bytes is not None and pace is not None and pace > 0 else None


@dataclass(frozen=True, slots=True)
class Removal:
    """What retention removed of one organization on one day."""

    organization: str
    removed_at: datetime
    #: "audit", "usage", "runs".
    kind: str
    #: What was removed -> how many.
    counts: Mapping[str, int]

    @property
    def rows(self) -> int:
        """Of all of it."""
        return sum(self.counts.values())
