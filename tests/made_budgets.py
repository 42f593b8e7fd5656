"""Budgets for tests, and usage that is counted to them."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from lib import clock
from lib.access.actor import Actor
from lib.budgets.service import create_budget, list_budgets
from lib.budgets.views import BudgetEntry, BudgetView
from lib.db.logins import Login
from lib.models.budget import BudgetPeriod, BudgetScope
from tests import doors
from tests.factories import insert


def make_budget(actor: Actor, limit: str = "1", *, name: str = "Autumn", **entered: Any) -> UUID:
    """The organization's for a month, unless `entered` says otherwise."""
    return create_budget(actor, BudgetEntry(name=name, limit_usd=Decimal(limit), **entered))


def see_budget(actor: Actor, budget_id: UUID) -> BudgetView:
    """The budget as the page sees it."""
    return next(each for each in list_budgets(actor).items if each.id == budget_id)


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


def make_budget_rows(database: doors.Database, manager: Actor, *, about: UUID) -> dict[str, UUID]:
    """A budget about a person who has spent something, which is used up; the key of its row in each table."""
    whose = {"organization_id": manager.organization_id, "created_by": manager.user_id}
    with doors.person(database, manager) as connection:
        budget_id = insert(
            connection,
            "budgets",
            name="Autumn",
            scope="user",
            user_id=about,
            period="month",
            limit_usd=Decimal("0.000001"),
            **whose,
        )
        raise_id = insert(
            connection,
            "budget_raises",
            budget_id=budget_id,
            amount_usd=Decimal("0.000001"),
            reason="The fair",
            expires_at=clock.now() + timedelta(days=1),
            **whose,
        )
    with doors.admin(database) as connection:
        found = {
            table: connection.execute(f"SELECT id FROM {table} WHERE budget_id = %s".encode(), [budget_id]).fetchone()
            for table in ("budget_periods", "budget_alerts")
        }
    parts = {table: row[0] for table, row in found.items() if row}
    return {"budgets": budget_id, "budget_raises": raise_id, **parts}


def make_watch_rows(database: doors.Database, manager: Actor) -> dict[str, UUID]:
    """A watch that has told of somebody who has spent something; the key of its row in each table."""
    whose = {"organization_id": manager.organization_id, "created_by": manager.user_id}
    with doors.person(database, manager) as connection:
        watch_id = insert(connection, "spending_watches", limit_usd=Decimal("0.000001"), hours=24, **whose)
    with doors.login(database, Login.WORKER) as connection:
        connection.execute("SELECT api.watch_spending()")
    with doors.admin(database) as connection:
        found = connection.execute("SELECT id FROM spending_notices WHERE watch_id = %s", [watch_id]).fetchone()
    return {"spending_watches": watch_id} | ({"spending_notices": found[0]} if found else {})
