"""What a run that a budget has stopped says, and a launch that one would stop. No figure of what others have spent."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from lib.budgets.views import Gauge
from lib.models.budget import BudgetPeriod, BudgetScope

_WHOSE: Final = {
    BudgetScope.ORGANIZATION: "the organization's budget",
    BudgetScope.PROJECT: "the project's budget",
    BudgetScope.USER: "its launcher's budget",
}
_OWN: Final = _WHOSE | {BudgetScope.USER: "your own budget"}
#: Kind of the pause of a run that a budget has stopped.
STOP: Final = "budget"
#: So many people are named, and so many at most are known by name (api.budget_managers).
_MOST_NAMED, _MOST_KNOWN = 3, 20


def say_stop(budget: Mapping[str, Any]) -> str:
    """Which budget, and by how much; `budget` as api.hold_budgets says it."""
    over = Decimal(str(budget["spent_usd"])) - Decimal(str(budget["limit_usd"]))
    when = " this month" if budget["period"] == BudgetPeriod.MONTH else ""
    whose = _WHOSE[BudgetScope(budget["scope"])]
    return (
        f"“{budget['name']}”, {whose}, is used up{when}: {_say_over(over)}. Nothing further begins before it is raised."
    )


def say_stop_of_try(budget: Mapping[str, Any]) -> str:
    """The same for a call that a person wanted to try."""
    over = Decimal(str(budget["spent_usd"])) - Decimal(str(budget["limit_usd"]))
    whose = _OWN[BudgetScope(budget["scope"])]
    return f"“{budget['name']}”, {whose}, is used up: {_say_over(over)}. Nothing can be tried before it is raised."


def say_used_up(gauge: Gauge) -> str:
    """The same to who would launch something, and sees the gauge."""
    when = " this month" if gauge.period is BudgetPeriod.MONTH else ""
    return f"“{gauge.name}”, {_OWN[gauge.scope]}, is used up{when}: {_say_over(gauge.over_usd)}."


def say_short(gauge: Gauge, *, least: Decimal) -> str:
    """That a run may cost more than is left; `least` is what it costs where it is cheap."""
    verb = "may cost" if least <= gauge.left_usd else "costs"
    return (
        f"It {verb} more than is left of “{gauge.name}”, {_OWN[gauge.scope]}: then it would pause in the middle until "
        "somebody raises that."
    )


def say_who_raises(managers: Sequence[str]) -> str:
    """Who can raise it, by name."""
    if not managers:
        return "Nobody of your organization may raise it: ask an admin for the permission to manage budgets."
    more = len(managers) - _MOST_NAMED
    others = "others" if len(managers) >= _MOST_KNOWN else f"{more} more"
    named = [*managers[:_MOST_NAMED], *([others] if more > 0 else [])]
    *first, last = named
    who = f"{', '.join(first)} or {last}" if first else last
    return f"{who} can raise it."


def _say_over(over: Decimal) -> str:
    if over <= 0:
        return "it is spent to the cent"
    if over < Decimal("0.01"):
        return "it is exceeded by less than $0.01"
    return f"it is exceeded by ${over:,.2f}"
