"""What is to be done at a time that is due: launched now, left out, or waited for; and which time is next.

Nothing here asks what time it is: the database says it, whatever this machine's clock shows.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from lib.models.schedule import CatchUp
from lib.schedules.timetable import Timetable

#: Of the times that nobody was there for, `CatchUp.ALL` launches no more than the last of them.
MOST_CAUGHT_UP: Final = 24
#: A time is missed when nobody has looked at it for so long; a worker that is busy is not away.
LATE: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Turn:
    """What one look at a schedule comes to."""

    #: The time after this one, which may be past as well; None where there is none any more.
    next_at: datetime | None
    #: Whether this one is not launched, because nobody was there for it.
    is_missed: bool = False


def take_turn(
    table: Timetable, *, due_at: datetime, now: datetime, catch_up: CatchUp, is_waiting: bool = False
) -> Turn:
    """What becomes of the time that is due. `is_waiting` is one that somebody was there for, and that has to wait."""
    due_at, now = (
        due_at.astimezone(UTC),
        now.astimezone(UTC),
    )  # of one zone they would be subtracted as clocks show them
    if catch_up is CatchUp.ALL:
        times = table.until(now, first=due_at, most=MOST_CAUGHT_UP)
        return Turn(times[1] if len(times) > 1 else table.after(now))
    (last,) = table.until(now, first=due_at, most=1) or (due_at,)
    is_missed = catch_up is CatchUp.NONE and now - last > LATE and not is_waiting
    return Turn(table.after(now), is_missed)
