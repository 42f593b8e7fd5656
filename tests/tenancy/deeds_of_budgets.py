"""What is done to budgets, and to what is told of those who spend."""

from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from lib import clock
from lib.access.permissions import Permission
from lib.budgets import gauges, service
from lib.budgets.views import WatchView
from tests.made_budgets import show_budget
from tests.tenancy.deed import Choice, about_own, give, to_a_thing

P = Permission


def _raise(to: Choice) -> tuple[tuple[Any, ...], dict[str, Any]]:
    until = clock.now() + timedelta(days=1)
    return give(to.target.budget_id, Decimal(1), reason=to.text, expires_at=until)


BUDGETS: Final = (
    about_own(service.list_budgets, P.ANALYTICS_VIEW),
    about_own(service.count_budgets, P.ANALYTICS_VIEW),
    about_own(gauges.list_gauges, P.ORCHESTRATIONS_VIEW, lambda to: give(project_id=to.target.project_id)),
    about_own(gauges.list_project_gauges, P.PROJECTS_VIEW, lambda to: give(to.target.project_id)),
    about_own(gauges.preview_launch, P.ORCHESTRATIONS_VIEW, lambda to: give(to.target.project_id, cost_usd=None)),
    about_own(gauges.refuse_used_up, P.ORCHESTRATIONS_VIEW, lambda to: give(to.target.project_id)),
    about_own(gauges.find_month_gauge, P.ANALYTICS_VIEW),
    about_own(gauges.list_alerts, P.ORCHESTRATIONS_VIEW),
    about_own(gauges.name_managers, P.ORCHESTRATIONS_VIEW),
    about_own(service.list_choices, P.BUDGETS_MANAGE),
    to_a_thing(service.create_budget, P.BUDGETS_MANAGE, lambda to: give(to.budget)),
    to_a_thing(
        service.update_budget,
        P.BUDGETS_MANAGE,
        lambda to: give(to.budget, seen=show_budget(to.target.budget_id, updated_at=to.target.budget_seen)),
    ),
    to_a_thing(service.end_budget, P.BUDGETS_MANAGE, lambda to: give(to.target.budget_id)),
    to_a_thing(service.raise_budget, P.BUDGETS_MANAGE, _raise),
    to_a_thing(service.end_raise, P.BUDGETS_MANAGE, lambda to: give(to.target.raise_id)),
    about_own(service.list_watches, P.ANALYTICS_VIEW),
    about_own(service.create_watch, P.BUDGETS_MANAGE, lambda _: give(Decimal(1), hours=48)),
    to_a_thing(
        service.update_watch,
        P.BUDGETS_MANAGE,
        lambda to: give(Decimal(1), hours=72, seen=WatchView(id=to.target.watch_id, limit_usd=Decimal(9), hours=24)),
    ),
    to_a_thing(service.end_watch, P.BUDGETS_MANAGE, lambda to: give(to.target.watch_id)),
)
