"""How periods of usage are said, and what calls are of."""

from collections.abc import Sequence
from datetime import timedelta

from lib.ui import words
from lib.usage.periods import Period
from lib.usage.views import Dimension


def say_period(period: Period, before: Period | None) -> str:
    """What is looked at, and what it is compared with: "1 to 22 November 2025, compared with 1 to 22 October"."""
    said = words.days_span(period.first, period.last)
    if before is None:
        return said
    is_of_year = before.first.year == before.last.year == period.first.year == period.last.year
    return f"{said}, compared with {words.days_span(before.first, before.last, has_year=not is_of_year)}"


def say_before(period: Period) -> str:
    """A period in a legend: the month where it is of one, else its days."""
    is_whole = period.first.day == 1 and (period.last + timedelta(days=1)).day == 1
    is_of_one = (period.first.year, period.first.month) == (period.last.year, period.last.month)
    if is_of_one and (is_whole or period.first.day == 1):
        return words.month(period.first)
    return words.days_span(period.first, period.last, has_year=period.first.year != period.last.year)


def say_days_before(period: Period) -> Sequence[str]:
    """What each bar of a period is called that others are compared with: its own days where it has several."""
    if not period.shifted_days:
        return [say_before(period)] * len(period.starts())
    firsts = period.bar_days()
    lasts = [*(day - timedelta(days=1) for day in firsts[1:]), period.last]
    return [words.days_span(first, last) for first, last in zip(firsts, lasts, strict=True)]


def say_label(label: str, by: Dimension, *, beside: Sequence[str]) -> str:
    """What stands in a chart: a model without its provider, where of those beside it no other is called so."""
    end = label.partition(":")[2] if by is Dimension.MODEL else ""
    return end if end and [each.partition(":")[2] for each in beside].count(end) == 1 else label
