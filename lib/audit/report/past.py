"""What rows were at a moment: as they are now, with what the trail says of later changes taken back.

Of a field that was changed since, the first change says what it was. The first by its id: a trigger makes it while the
row is held, so ids of one row's changes are in the order of the changes, which moments of transactions need not be.
What happened to one row within a millisecond is not told apart.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row

#: An entry has the moment at which its transaction began, and an id of the moment at which it was written.
LONGEST_TRANSACTION: Final = timedelta(hours=1)


class Past:
    """The values that fields had at the moment, where they were changed since."""

    def __init__(self, moment: datetime, fields: Collection[str]) -> None:
        self._milliseconds = int(moment.timestamp() * 1000)
        self._fields = fields
        #: Of each row's field: when it was first changed, and what it was until then.
        self._first: dict[tuple[UUID, str], tuple[tuple[int, datetime], object]] = {}

    def take(self, entry: Row[Any]) -> None:
        """One entry about a row. They may come in any order, and those from before the moment say nothing."""
        place = entry.id.int >> 80, entry.created_at
        if place[0] < self._milliseconds:
            return
        is_new = entry.action.endswith(".create")
        for field in self._fields:
            if is_new or field in entry.old_values or field in entry.new_values:
                known = self._first.get((entry.resource_id, field))
                if known is None or place < known[0]:
                    self._first[entry.resource_id, field] = place, entry.old_values.get(field)

    def restore(self, row_id: UUID, now: Mapping[str, Any]) -> dict[str, Any]:
        """What the row was, as it is `now`."""
        return {
            field: self._first[row_id, field][1] if (row_id, field) in self._first else now.get(field)
            for field in self._fields
        }
