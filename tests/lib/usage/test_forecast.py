"""What a month will have cost: expected by its weekdays, in a range that holds what it says it holds."""

import random
from datetime import date, timedelta
from decimal import Decimal

import pytest

from lib.usage.forecast import FEWEST_DAYS, LOOKS_BACK_DAYS, Forecast, forecast_month

TODAY = date(2026, 11, 19)  # a Thursday


def costs(
    *, days: int = LOOKS_BACK_DAYS, today: date = TODAY, of_today: str = "0", **by_kind: str
) -> list[tuple[date, Decimal]]:
    """So many days before today: `week` dollars on weekdays, `weekend` on the others."""
    found = []
    for ago in range(days, 0, -1):
        day = today - timedelta(days=ago)
        found.append((day, Decimal(by_kind["weekend"] if day.weekday() >= 5 else by_kind["week"])))
    return [*found, (today, Decimal(of_today))]


def test_month_whose_weeks_are_alike_is_known_to_the_cent() -> None:
    found = forecast_month(costs(week="10", weekend="2", of_today="4"), TODAY)
    # 1 to 18 November are 13 weekdays and 5 days of weekends, 19 to 30 are 8 and 4
    assert found.spent[-2] == (TODAY - timedelta(days=1), Decimal(13 * 10 + 5 * 2))
    assert found.spent[-1] == (TODAY, Decimal(13 * 10 + 5 * 2 + 4))
    assert found.end
    assert found.end.day == date(2026, 11, 30)
    assert found.end.expected_usd == pytest.approx(21 * 10 + 9 * 2)
    assert (found.end.low_usd, found.end.high_usd) == pytest.approx((228, 228))


def test_days_rise_and_begin_at_what_is_spent() -> None:
    found = forecast_month(costs(week="10", weekend="2", of_today="4"), TODAY)
    assert [each.day for each in found.days] == [TODAY + timedelta(days=ahead) for ahead in range(12)]
    assert all(each.low_usd <= each.expected_usd <= each.high_usd for each in found.days)
    assert all(
        one.expected_usd <= next_one.expected_usd for one, next_one in zip(found.days, found.days[1:], strict=False)
    )
    assert found.days[0].low_usd >= float(found.spent[-1][1])


def test_day_that_costs_more_than_its_weekday_is_expected_to_stop_there() -> None:
    usual, dear = (forecast_month(costs(week="10", weekend="2", of_today=each), TODAY) for each in ("10", "25"))
    assert usual.end
    assert dear.end
    assert dear.end.expected_usd - usual.end.expected_usd == pytest.approx(15)


def test_too_few_days_say_nothing() -> None:
    for days in (0, 1, FEWEST_DAYS - 1):
        found = forecast_month(costs(days=days, week="10", weekend="2", of_today="4"), TODAY)
        assert found.days == ()
        assert found.end is None
    assert forecast_month(costs(days=FEWEST_DAYS, week="10", weekend="2"), TODAY).end


def test_days_before_the_first_cost_are_none_of_a_team_that_begins() -> None:
    none = [(day, Decimal(0)) for day, _ in costs(week="0", weekend="0")]
    begun = none[:-5] + [(day, Decimal(10)) for day, _ in none[-5:]]
    assert forecast_month(begun, TODAY).end is None
    assert forecast_month(none, TODAY).end is None


def test_last_day_of_a_month_and_a_leap_february() -> None:
    for today, last in ((date(2026, 11, 30), 30), (date(2028, 2, 29), 29), (date(2026, 12, 31), 31)):
        found = forecast_month(costs(today=today, week="10", weekend="2", of_today="10"), today)
        assert (found.last.day, len(found.days)) == (last, 1)
        assert len(found.spent) == last


def _month(chance: random.Random, today: date, known_days: int) -> tuple[Forecast, float]:
    """A forecast in November from days that vary, and what the month came to."""
    means, spread = [18, 19, 20, 20, 17, 12, 11], 2.0
    days = [today + timedelta(days=ahead) for ahead in range(-known_days, 31 - today.day)]
    real = {day: max(chance.gauss(means[day.weekday()], spread), 0) for day in days}
    known = [(day, Decimal(str(round(real[day], 6)))) for day in days if day < today]
    found = forecast_month([*known, (today, Decimal(0))], today)
    return found, sum(cost for day, cost in real.items() if day.month == 11)


@pytest.mark.parametrize(("day", "known_days"), [(12, LOOKS_BACK_DAYS), (30, LOOKS_BACK_DAYS), (30, FEWEST_DAYS)])
def test_range_holds_four_of_five_months_also_of_who_has_only_begun(day: int, known_days: int) -> None:
    chance = random.Random(11)
    hits = 0
    for _ in range(400):
        found, came_to = _month(chance, date(2026, 11, day), known_days)
        assert found.end
        hits += found.end.low_usd <= came_to <= found.end.high_usd
    assert 0.74 < hits / 400 < 0.88
