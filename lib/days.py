"""How days and moments are written, on pages as in mails. Pages say `words.day` and so on."""

from datetime import UTC, date, datetime

from lib.clock import find_zone

#: Stands where a number does not apply yet: a phase that has not begun has taken no time.
NOTHING = "\N{EN DASH}"


def exact(moment: datetime | None, *, zone: str = "UTC") -> str:
    """The reader's time with the exact UTC time at hand: "22 Nov 2025, 15:11 (14:11 UTC)"."""
    if moment is None:
        return NOTHING
    local, utc = moment.astimezone(find_zone(zone)), moment.astimezone(UTC)
    said = f"{local.day} {local:%b %Y, %H:%M}"
    if local.utcoffset() == utc.utcoffset():
        return f"{said} UTC"
    day = "" if local.date() == utc.date() else f"{utc.day} {utc:%b}, "
    return f"{said} ({day}{utc:%H:%M} UTC)"


def day_and_minute(moment: datetime, *, zone: str = "UTC") -> str:
    """A moment that is to come, as somebody who lives there reads it: "Sun 29 Nov 2026, 07:00"."""
    local = moment.astimezone(find_zone(zone))
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M}"


def hour(moment: datetime, *, zone: str = "UTC") -> str:
    """The reader's time of a moment that is seconds or minutes away: "15:11:42"."""
    return f"{moment.astimezone(find_zone(zone)):%H:%M:%S}"


def minute(moment: datetime, *, zone: str = "UTC") -> str:
    """The reader's time of a moment of today, to the minute: "15:11"."""
    return f"{moment.astimezone(find_zone(zone)):%H:%M}"


def short_day(moment: date) -> str:
    """A day in a column or a filter: "22 Nov 2025"."""
    return f"{moment.day} {moment:%b %Y}"


def file_day(moment: date) -> str:
    """A day in the name of a file, so that names sort as days do: "2025-11-22"."""
    return f"{moment:%Y-%m-%d}"


def day(moment: datetime, *, zone: str = "UTC") -> str:
    """The reader's day: "Saturday 22 November 2025"."""
    local = moment.astimezone(find_zone(zone))
    return f"{local:%A} {local.day} {local:%B %Y}"


def days_span(first: date, last: date, *, has_year: bool = True) -> str:
    """Days, the last one included: "1 to 22 November 2025", "28 October to 3 November", "22 November 2025"."""
    year = f" {last.year}" if has_year else ""
    end = f"{last.day} {last:%B}{year}"
    if first == last:
        return end
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day} to {end}"
    begin = f"{first.day} {first:%B}"
    return f"{begin} {first.year} to {end}" if has_year and first.year != last.year else f"{begin} to {end}"


def month(day: date) -> str:
    """The month of a day: "November"."""
    return f"{day:%B}"


def month_day(day: date) -> str:
    """A day of which the year is known: "30 November"."""
    return f"{day.day} {day:%B}"


def weekday(number_of_day: int) -> str:
    """The day of a week that begins on Monday, which is 0: "Mon"."""
    return ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[number_of_day]


def day_of_year(moment: date) -> str:
    """A day of a year that is known, in few letters: "22 Nov"."""
    return f"{moment.day} {moment:%b}"


def month_of_year(moment: date) -> str:
    """A month in few letters: "Nov 2025"."""
    return f"{moment:%b %Y}"


def hour_of_day(number: int, *, minute: int = 0) -> str:
    """An hour of the clock, from 0 to 24: "07:00"."""
    return f"{number:02d}:{minute:02d}"


def hour_of_week(weekday_number: int, hour: int, *, minute: int = 0) -> str:
    """One in 168, from its first minute to the first one after it: "Mon 14:00 to 15:00"."""
    end = (hour + 1) % 24 if minute else hour + 1
    return f"{weekday(weekday_number)} {hour_of_day(hour, minute=minute)} to {hour_of_day(end, minute=minute)}"


def moment_in_table(moment: datetime, *, zone: str = "UTC") -> str:
    """The reader's time in a column: "22 Nov 2025, 15:11"."""
    return f"{short_day(moment.astimezone(find_zone(zone)))}, {minute(moment, zone=zone)}"
