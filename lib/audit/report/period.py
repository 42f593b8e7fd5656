"""Which days a report is of, as its address and the command line say them."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Final
from urllib.parse import urlencode

from lib.errors import InvalidInput
from lib.usage.periods import Period, today_in

_MONTHS: Final = 3


def last_quarter(today: date, zone: str) -> Period:
    """The whole quarter before the one of today."""
    begin = today.replace(month=(today.month - 1) // _MONTHS * _MONTHS + 1, day=1)
    last = begin - timedelta(days=1)
    return Period(last.replace(month=last.month - _MONTHS + 1, day=1), last, zone)


def last_year(today: date, zone: str) -> Period:
    """The whole year before this one."""
    return Period(date(today.year - 1, 1, 1), date(today.year - 1, 12, 31), zone)


def enter_period(first: date, last: date, zone: str) -> Period:
    """The days, the last one included. Raises `InvalidInput` where they are none, or not over yet."""
    period = Period(first, last, zone)
    if last > today_in(zone):
        raise InvalidInput("The period ends in the future. Choose a last day that has begun.", field="Range")
    return period


def write_address(period: Period) -> str:
    """The query of an address, to be read by `read_address`; the zone is the reader's."""
    return urlencode({"from": period.first.isoformat(), "to": period.last.isoformat()})


def read_address(said: Mapping[str, Sequence[str]], zone: str) -> Period:
    """What `write_address` wrote. Raises `InvalidInput` for anything else."""
    first, last = ((said.get(name) or [""])[0] for name in ("from", "to"))
    return read_days(first, last, zone)


def read_days(first: str, last: str, zone: str) -> Period:
    """Days as “2026-07-01”. Raises `InvalidInput`, also where they are no period."""
    try:
        days = date.fromisoformat(first), date.fromisoformat(last)
    except ValueError:
        raise InvalidInput("Say the first and the last day as in “2026-07-01”.", field="Range") from None
    return enter_period(*days, zone)
