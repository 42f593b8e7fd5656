"""What this month will have cost at its end, from what days of each kind have cost lately."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import accumulate
from math import sqrt
from statistics import fmean
from typing import Final

#: Fewer days than these, from the first one that cost anything on, say nothing of the next ones.
FEWEST_DAYS: Final = 14
#: Of so many days before today, each kind of day is known.
LOOKS_BACK_DAYS: Final = 56
#: Four of five ends lie between the two: the standard normal distribution's quantile of 90 %.
_QUANTILE: Final = 1.2816

#: A day and what it cost.
DayCost = tuple[date, Decimal]


@dataclass(frozen=True, slots=True)
class ForecastDay:
    """What the month may have cost by the end of that day."""

    day: date
    expected_usd: float
    low_usd: float
    high_usd: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What the month has cost so far and, where that can be told, what it will."""

    #: By day from the first of the month to today: what it has cost by then.
    spent: Sequence[tuple[date, Decimal]]
    #: From today, which is not over, to the last of the month; empty where there are too few days to tell.
    days: Sequence[ForecastDay]
    last: date

    @property
    def end(self) -> ForecastDay | None:
        """The end of the month."""
        return self.days[-1] if self.days else None

    @property
    def highest_usd(self) -> float:
        """The most that it says of any day."""
        return max([float(cost) for _, cost in self.spent] + [each.high_usd for each in self.days], default=0.0)


def forecast_month(costs: Sequence[DayCost], today: date) -> Forecast:
    """The month of `today` to its end. `costs` are those of each day before it and of today, so far, in their order.

    A day to come is expected to cost what the same weekday did on average in the last weeks; what is left of today,
    what its weekday costs beyond what it has cost. The range holds four of five months whose days vary as those
    have, and are independent: the variance of a sum of days, and that of the averages they are expected from
    (https://otexts.com/fpp3/prediction-intervals.html). It is wider where few days are known, by which it is known less
    how much days vary: Student's quantile (https://personal.math.ubc.ca/~cbm/aands/page_949.htm, 26.7.5). It begins at
    what is spent.
    """
    spent = [(day, cost) for day, cost in costs if (day.year, day.month) == (today.year, today.month)]
    so_far = list(zip([day for day, _ in spent], accumulate(cost for _, cost in spent), strict=True))
    last = _last_of_month(today)
    known = _known(costs, today)
    if len(known) < FEWEST_DAYS or not so_far:
        return Forecast(spent=so_far, days=(), last=last)
    return Forecast(spent=so_far, days=_expect(known, today, last, so_far, dict(costs).get(today)), last=last)


def _expect(
    known: Sequence[DayCost], today: date, last: date, so_far: Sequence[DayCost], of_today: Decimal | None
) -> list[ForecastDay]:
    means, counts = _weekday_means(known), Counter(day.weekday() for day, _ in known)
    deviations = [float(cost) - means[day.weekday()] for day, cost in known]
    freedom = len(known) - len(means)
    variance = sum(each * each for each in deviations) / freedom
    quantile = _QUANTILE + (_QUANTILE**3 + _QUANTILE) / (4 * freedom)
    spent = float(so_far[-1][1])
    expected = spent + max(means[today.weekday()] - float(of_today or 0), 0.0)
    found, days = [], Counter[int]()
    for ahead in range((last - today).days + 1):
        day = today + timedelta(days=ahead)
        if ahead:
            expected += means[day.weekday()]
        days[day.weekday()] += 1
        of_averages = sum(each * each / counts[weekday] for weekday, each in days.items())
        spread = quantile * sqrt(variance * (days.total() + of_averages))
        found.append(ForecastDay(day, expected, max(expected - spread, spent), expected + spread))
    return found


def _known(costs: Sequence[DayCost], today: date) -> list[DayCost]:
    """Days that are over, from the first one that cost anything on."""
    over = [(day, cost) for day, cost in costs if today - timedelta(days=LOOKS_BACK_DAYS) <= day < today]
    first = next((number for number, (_, cost) in enumerate(over) if cost), len(over))
    return over[first:]


def _weekday_means(known: Sequence[DayCost]) -> dict[int, float]:
    by_weekday = defaultdict(list)
    for day, cost in known:
        by_weekday[day.weekday()].append(float(cost))
    return {weekday: fmean(values) for weekday, values in by_weekday.items()}


def _last_of_month(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
