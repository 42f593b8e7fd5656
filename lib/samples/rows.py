"""What every maker of sample rows works with: chance that is always the same, keys in the order of time, and rows."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

Row = dict[str, Any]
_T = TypeVar("_T")

#: Another number, another workspace.
SEED = 20


@dataclass(slots=True)
class Rows:
    """Rows by table, and the chance that they are made by. The same `now` gives the same rows."""

    #: When the workspace is made: everything in it happened before.
    now: datetime
    tables: dict[str, list[Row]] = field(default_factory=dict)
    chance: random.Random = field(default_factory=lambda: random.Random(SEED))  # noqa: S311 - nothing secret hangs on it

    def add(self, table: str, *, made: datetime, **columns: Any) -> UUID:
        """Put a row into a table and return its key, one of that moment where the columns bring none."""
        row = {"id": self.key(made), **columns}
        self.tables.setdefault(table, []).append(row)
        key: UUID = row["id"]
        return key

    def key(self, moment: datetime) -> UUID:
        """A time-ordered key of that moment, RFC 9562, section 5.7."""
        milliseconds = int(moment.timestamp() * 1000)
        value = milliseconds << 80 | 0x7 << 76 | self.chance.getrandbits(12) << 64 | 0b10 << 62
        return UUID(int=value | self.chance.getrandbits(62))

    def choose(self, weights: Mapping[_T, int]) -> _T:
        """One of the keys, by weight."""
        return self.chance.choices(list(weights), list(weights.values()))[0]

    def pick(self, among: Sequence[_T]) -> _T:
        """One of them, each as likely."""
        return self.chance.choice(among)

    def seconds(self, mean: float, *, spread: float = 0.4) -> timedelta:
        """A duration about that long, never none: log-normal, as durations are."""
        return timedelta(seconds=round(mean * self.chance.lognormvariate(0, spread), 3))

    def days_ago(self, days: float) -> datetime:
        """That long before now, within working hours."""
        day = (self.now - timedelta(days=days)).replace(hour=0, minute=0, second=0, microsecond=0)
        return min(day + timedelta(hours=self.chance.uniform(7, 16)), self.now - timedelta(minutes=1))
