"""How figures are written, on pages (`lib.ui.words`) as in mails. What is unknown is said to be, never zero."""

from decimal import ROUND_HALF_UP, Decimal

UNKNOWN = "unknown"
_CENT = Decimal("0.01")
_HUNDREDTH = 0.01
#: 0.29 of a hundred is 28.999… to a machine.
_ROUNDING = 1e-9


def number(value: float | None) -> str:
    """`148220` as "148,220", `40.0` as "40"."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return UNKNOWN if value is None else f"{value:,}"


def count(value: int, noun: str, *, plural: str | None = None) -> str:
    """`1, "run"` as "1 run", `2` as "2 runs"; `plural` for nouns that do not just take an s."""
    return f"{value:,} {noun if value == 1 else plural or noun + 's'}"


def compact(value: float) -> str:
    """A number where there is room for few digits: "9.4 M", "148 k", "812"."""
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size * (1 if unit != "k" else 10):
            scaled = value / size
            return f"{scaled:,.0f} {unit}" if scaled >= 100 else f"{scaled:.1f} {unit}"
    return number(round(value))


def size(value: float) -> str:
    """Bytes: "9.4 MB"."""
    return f"{compact(value)}B" if value >= 10_000 else "<10 kB"


def money(usd: Decimal | float | None) -> str:
    """Dollars to the cent; "<$0.01" for less than a cent, "unknown" where nobody knows the price."""
    if usd is None:
        return UNKNOWN
    amount = Decimal(str(usd))
    sign = "-" if amount < 0 else ""
    if 0 < abs(amount) < _CENT:
        return f"{sign}<$0.01"
    return f"{sign}${abs(amount).quantize(_CENT, rounding=ROUND_HALF_UP):,}"


def share(part: float, *, digits: int = 0) -> str:
    """A share from 0 to 1: "97 %", or "97.3 %"; "100 %" only where nothing is missing, never "0 %" of something."""
    if 0 < part < _HUNDREDTH:
        return "<1 %"
    steps = 10**digits
    return f"{int(part * 100 * steps + _ROUNDING) / steps:g} %"


def duration(seconds: float | None) -> str:
    """A duration in a sentence: "820 ms", "4.2 s", "42 s", "8 min 32 s", "2 h 5 min", "3 d 4 h"."""
    if seconds is None:
        return UNKNOWN
    if seconds < 1:
        return f"{round(seconds * 1000)} ms"
    if seconds < 10:
        return f"{seconds:.1f} s"
    for size, unit, smaller_size, smaller in ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if seconds >= size:
            whole, rest = divmod(int(seconds), size)
            more = rest // smaller_size
            return f"{whole} {unit} {more} {smaller}" if more else f"{whole} {unit}"
    return f"{int(seconds)} s"


def change(now: float, before: float) -> str | None:
    """By how much of it something has grown: "+12 %", "-4 %", "0 %"; None where there was nothing before."""
    if not before:
        return None
    part = round((now - before) / before * 100)
    return f"{part:+,d} %" if part else "0 %"
