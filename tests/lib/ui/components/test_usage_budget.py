"""The forecast names the organization's budget of the month, and says whether it passes it, and about when."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from lib.budgets.views import Gauge
from lib.ui.components.usage_budget import is_in_sight, say_budget
from lib.usage.forecast import Forecast, ForecastDay
from tests.made_budgets import show_budget

#: By day of November: what is expected, at least and at most.
AHEAD = {19: (50, 50, 50), 24: (90, 80, 100), 30: (120, 100, 140)}


def forecast(*, has_days: bool = True) -> Forecast:
    days = [ForecastDay(date(2026, 11, day), *map(float, said)) for day, said in AHEAD.items()]
    spent = [(date(2026, 11, 18), Decimal(40)), (date(2026, 11, 19), Decimal(50))]
    return Forecast(spent=spent, days=days if has_days else (), last=date(2026, 11, 30))


def budget(allowed: str, **columns: Any) -> Gauge:
    return show_budget(UUID(int=1), **{"allowed_usd": Decimal(allowed), "spent_usd": Decimal(50), **columns})


@pytest.mark.parametrize(
    ("allowed", "said", "is_warning"),
    [
        ("200", "This stays below the budget “Autumn”, $200.00.", False),
        ("140", "This stays below the budget “Autumn”, $140.00.", False),
        ("130", "This may pass the budget “Autumn”, $130.00.", True),
        ("119", "This passes the budget “Autumn”, $119.00, around 30 November.", True),
        ("80", "This passes the budget “Autumn”, $80.00, around 24 November.", True),
        ("50", "This is above the budget “Autumn”, $50.00: it is used up.", True),
    ],
)
def test_budget_is_named_with_whether_it_holds(allowed: str, said: str, *, is_warning: bool) -> None:
    assert say_budget(forecast(), budget(allowed)) == (said, is_warning)


def test_hard_budget_says_what_comes_of_it() -> None:
    assert say_budget(forecast(), budget("80", is_hard=True))[0].endswith("24 November. Then nothing begins any more.")
    assert say_budget(forecast(), budget("50", is_hard=True))[0].endswith("it is used up. Nothing begins any more.")
    assert "any more" not in say_budget(forecast(), budget("200", is_hard=True))[0]


def test_without_a_forecast_there_is_what_is_left() -> None:
    said, is_warning = say_budget(forecast(has_days=False), budget("80"))
    assert (said, is_warning) == ("Of the budget “Autumn”, $80.00, $30.00 is left.", False)


def test_long_name_is_cut() -> None:
    said, _ = say_budget(forecast(), budget("200", name="All that we spend on models in the autumn of this year"))
    assert "…”" in said
    assert len(said) < 100


def test_line_is_drawn_only_where_it_leaves_room_for_the_others() -> None:
    assert is_in_sight(forecast(), budget("280"))
    assert not is_in_sight(forecast(), budget("281"))
