"""What the forecast of a month says of the organization's budget for it: whether it holds, and from when on not."""

from datetime import date

import streamlit as st

from lib.budgets.views import Gauge
from lib.ui import words
from lib.usage.forecast import Forecast

#: In characters.
_LONGEST = 40


def show_budget(forecast: Forecast, budget: Gauge) -> None:
    """Draw the sentence: as a warning where the budget may not hold."""
    said, is_warning = say_budget(forecast, budget)
    shown = f":small[{words.plain(said)}]"
    st.markdown(f":orange[:material/warning:] {shown}" if is_warning else f":gray[{shown}]")


def say_budget(forecast: Forecast, budget: Gauge) -> tuple[str, bool]:
    """The sentence, and whether it warns."""
    name = f"the budget “{words.short(budget.name, most=_LONGEST)}”, {words.money(budget.allowed_usd)}"
    then = " Then nothing begins any more." if budget.is_hard else ""
    allowed = float(budget.allowed_usd)
    if budget.is_used_up:
        now = " Nothing begins any more." if budget.is_hard else ""
        return f"This is above {name}: it is used up.{now}", True
    if not forecast.end:
        return f"Of {name}, {words.money(budget.left_usd)} is left.", False
    if forecast.end.high_usd <= allowed:
        return f"This stays below {name}.", False
    if forecast.end.expected_usd <= allowed:
        return f"This may pass {name}.{then}", True
    day = _passes_on(forecast, allowed)
    return f"This passes {name}, around {words.month_day(day)}.{then}", True


def _passes_on(forecast: Forecast, allowed: float) -> date:
    return next(each.day for each in forecast.days if each.expected_usd > allowed)


def is_in_sight(forecast: Forecast, budget: Gauge) -> bool:
    """Whether its line leaves room for the others."""
    return float(budget.allowed_usd) <= 2 * forecast.highest_usd
