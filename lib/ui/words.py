"""How numbers, money, time and other people's text are written, so that every page writes them alike.

Nothing here knows Streamlit. What is unknown is said to be: `None` is never shown as zero.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from lib import days, figures, file_names, hidden, values

visible = hidden.visible
#: How figures, days and moments are written: mails write them alike, and know no pages.
change = figures.change
compact = figures.compact
count = figures.count
duration = figures.duration
money = figures.money
number = figures.number
share = figures.share
said = values.said
size = figures.size
file_name = file_names.file_name
NOTHING = days.NOTHING
day = days.day
day_of_year = days.day_of_year
month_of_year = days.month_of_year
hour_of_day = days.hour_of_day
hour_of_week = days.hour_of_week
moment_in_table = days.moment_in_table
day_and_minute = days.day_and_minute
days_span = days.days_span
exact = days.exact
file_day = days.file_day
hour = days.hour
minute = days.minute
month = days.month
month_day = days.month_day
short_day = days.short_day
weekday = days.weekday

UNKNOWN = figures.UNKNOWN
MINUS = "\N{MINUS SIGN}"

#: Letters that a cut may leave out to fall between two words.
_MOST_WASTED = 8

_CENT = Decimal("0.01")
#: 0.29 of a hundred is 28.999… to a machine.
_ROUNDING = 1e-9
_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|$~:^=&\"'@/])")
# Streamlit links addresses, draws icons and turns "->" into an arrow after escapes are gone; a word joiner, which
# nobody sees, keeps the two halves of such a pattern apart. tests/browser/test_shell.py holds it to the real page.
_HALVES = re.compile(
    r"(?<=:)(?=//|streamlit:|material)|(?<=www)(?=\.)|(?<=\S)(?=@)|(?<=-)(?=[->])|(?<=<)(?=[-=])|(?<=[>~])(?==)",
    re.IGNORECASE,
)
_WORD_JOINER = "\u2060"
# Words with the marks of a sentence, which mean nothing where they stand: no list, no address, no arrow, no dash.
_UNMARKED = re.compile(r"(?!\d+[.)])[^\W_](?:[^\W_]|[ ,;?!'\"()%]|\.(?!\.)|(?<=[^\W_])[-/](?=[^\W_]))*")


def line(text: str) -> str:
    """The same on one line, for a cell of a table or an option: white space, line ends among it, is one space."""
    return " ".join(visible(text).split())


def short(text: str, *, most: int) -> str:
    """The same in at most `most` characters, cut between words where that wastes little, the cut marked with "…"."""
    whole = line(text)
    if len(whole) <= most:
        return whole
    head = whole[: most - 1]
    between = head.rfind(" ")
    if whole[most - 1] != " " and between >= most - min(most // 2, _MOST_WASTED):
        head = head[:between]
    return f"{head.rstrip()}…"


def distinct(names: Mapping[UUID, str]) -> dict[UUID, str]:
    """Names as options to choose from: of two alike each gets the end of its id.

    Streamlit knows an option by its words alone and would take the last of those that are called the same.
    """
    lines = {key: line(name) for key, name in names.items()}
    counted = Counter(lines.values())
    return {key: name if counted[name] == 1 else f"{name} · {key.hex[-6:]}" for key, name in lines.items()}


def plain(text: str) -> str:
    """The same, ready to sit inside Streamlit's Markdown: it reads as it was typed and means nothing."""
    return _SPECIAL.sub(r"\\\1", _HALVES.sub(_WORD_JOINER, line(text)))


def label(text: str) -> str:
    """The same for the label of a field, which screen readers read as it is handed in, with every backslash.

    Where nothing in it can mean anything, and that is most of what people ask, it needs none.
    """
    written = line(text)
    return written if _UNMARKED.fullmatch(written) and "www." not in written.lower() else plain(text)


def together(parts: Sequence[str]) -> str:
    """`["a", "b", "c"]` as "a, b and c"."""
    *first, last = parts
    return f"{', '.join(first)} and {last}" if first else last


def some(names: Sequence[str], *, most: int, longest: int) -> str:
    """The first so many of what may be dozens of long names, and how many more there are."""
    shown = [short(name, most=longest) for name in names[:most]]
    more = len(names) - len(shown)
    return together([*shown, f"{number(more)} more"]) if more else ", ".join(shown)


def are(value: int) -> str:
    """The verb after a count: "is" or "are"."""
    return "is" if value == 1 else "are"


def at_most(value: int, *, most: int) -> str:
    """A count that went no further than `most`: "3", "9+" for 10 and a `most` of 9."""
    return number(value) if value <= most else f"{number(most)}+"


def tokens(value: int | None) -> str:
    """`6120` as "6,120 tokens"."""
    return f"{UNKNOWN} tokens" if value is None else count(value, "token")


def cost(usd: Decimal | float | None) -> str:
    """Dollars where other figures stand beside them: "$0.12", "unknown cost"."""
    return "unknown cost" if usd is None else money(usd)


def money_span(span: tuple[Decimal, Decimal] | None) -> str:
    """From the least to the most: "$0.04" to "0.09" in one word, "$0.04" where both say so, "free" for nothing."""
    if span is None:
        return UNKNOWN
    low, high = (money(usd) for usd in span)
    if span[1] == 0:
        return "free"
    if low == high or high.startswith("<"):
        return high
    return f"up to {high}" if span[0] < _CENT else f"{low}\N{EN DASH}{high.removeprefix('$')}"


def number_span(span: tuple[int, int]) -> str:
    """From the least to the most, in one word; one number where both are alike."""
    low, high = (number(value) for value in span)
    return high if low == high else f"{low}\N{EN DASH}{high}"


def duration_span(span: tuple[float, float] | None) -> str:
    """From the least to the most: "12 s to 1 min 5 s"."""
    if span is None:
        return UNKNOWN
    low, high = (duration(seconds) for seconds in span)
    return high if low == high else f"{low} to {high}"


def clock(seconds: float | None) -> str:
    """A duration in a column: "0:42", "8:32", "1:02:05"; "<0:01" for less than a second, a dash for none."""
    if seconds is None:
        return NOTHING
    if 0 < seconds < 1:
        return "<0:01"
    minutes, rest = divmod(int(seconds + _ROUNDING), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def clock_span(span: tuple[float, float] | None) -> str:
    """From the least to the most where there is little room: "0:12" to "1:05" in one word."""
    if span is None:
        return UNKNOWN
    low, high = (clock(seconds) for seconds in span)
    return high if low == high else f"{low}\N{EN DASH}{high}"


def ago(moment: datetime | None, *, now: datetime) -> str:
    """How long ago, or how soon: "just now", "9 minutes ago", "in 2 hours"; a date once it is a month away."""
    if moment is None:
        return NOTHING
    seconds = (now - moment).total_seconds()
    distance = abs(seconds)
    if distance < 45:
        return "just now" if seconds >= 0 else "in a moment"
    if distance >= 30 * 86400:
        return short_day(moment)
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if distance >= size or size == 60:
            # what is to come is rounded: a week is not six days a moment after it began
            whole = round(distance / size) if seconds < 0 else int(distance // size)
            text = count(max(1, whole), unit)
            return f"{text} ago" if seconds >= 0 else f"in {text}"
    raise AssertionError  # the loop's last turn always answers


def css_percent(value: float, *, digits: int = 2) -> str:
    """A share as a style sheet reads it, with a point whatever the reader's language: "41.67%"."""
    return f"{value:.{digits}f}%"


def growth(value: float, *, digits: int = 0) -> str:
    """By how much something has grown: "+31", "-0.3", "0"."""
    rounded = round(value, digits)
    return f"{rounded:+,.{digits}f}" if rounded else "0"
