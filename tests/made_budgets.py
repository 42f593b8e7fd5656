"""Budgets for tests, and usage that is counted to them."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from lib import clock
from lib.access.actor import Actor
from lib.budgets.service import create_budget, list_budgets
from lib.budgets.views import BudgetEntry, BudgetView
from lib.models.budget import BudgetPeriod, BudgetScope
from tests import doors
from tests.factories import insert


def make_budget(actor: Actor, limit: str = "1", *, name: str = "Autumn", **entered: Any) -> UUID:
    """The organization's for a month, unless `entered` says otherwise."""
    return create_budget(actor, BudgetEntry(name=name, limit_usd=Decimal(limit), **entered))


def see_budget(actor: Actor, budget_id: UUID) -> BudgetView:
    """The budget as the page sees it."""
    return next(each for each in list_budgets(actor) if each.id == budget_id)


def spend(
    database: doors.Database, actor: Actor, cost: str | None, *, project_id: UUID | None = None, **columns: Any
) -> UUID:
    """A call of the person's that has cost so much, None for nobody knows."""
    row = {"provider": "own-llm", "model": "small", "endpoint": "/v1/chat/completions", "method": "POST"}
    with doors.engine(database, actor.organization_id) as connection:
        return insert(
            connection,
            "api_usage",
            organization_id=actor.organization_id,
            user_id=actor.user_id,
            project_id=project_id,
            cost_usd=None if cost is None else Decimal(cost),
            **row | columns,
        )


def show_budget(budget_id: UUID, **columns: Any) -> BudgetView:
    """What a page shows of a budget, whether there is one or not."""
    shown: dict[str, Any] = {
        "id": budget_id,
        "name": "Autumn",
        "scope": BudgetScope.ORGANIZATION,
        "period": BudgetPeriod.MONTH,
        "about": "",
        "allowed_usd": Decimal(100),
        "spent_usd": Decimal(0),
        "thresholds": (50, 80, 95),
        "is_hard": False,
        "unknown_calls": 0,
        "project_id": None,
        "user_id": None,
        "limit_usd": Decimal(100),
        "note": "",
        "raises": (),
        "created_by": "",
        "updated_at": clock.now(),
    }
    return BudgetView(**shown | columns)
