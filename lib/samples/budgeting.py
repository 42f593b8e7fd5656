"""Budgets of the sample workspace: each as far used as the file says, on the day on which it is made."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from lib.budgets.views import USUAL_THRESHOLDS
from lib.models.budget import BudgetPeriod, BudgetScope
from lib.samples.content import SampleBudget
from lib.samples.rows import Row, Rows

#: Where a month has cost nothing yet.
_LEAST_SPENT: Final = Decimal(2)
_CENT: Final = Decimal("0.01")
_MADE_DAYS_AGO, _RAISED_DAYS_AGO, _RAISED_FOR_DAYS = 40, 3, 21


def add_budgets(
    rows: Rows,
    budgets: Iterable[SampleBudget],
    *,
    organization_id: UUID,
    people: Mapping[str, UUID],
    projects: Mapping[str, UUID],
) -> None:
    """Add them once all usage is there. What is spent the database counts itself."""
    made_by = {"organization_id": organization_id, "created_by": next(iter(people.values()))}
    for number, budget in enumerate(budgets):
        made = rows.days_ago(_MADE_DAYS_AGO - number)
        about = {
            "project_id": budget.project and projects[budget.project],
            "user_id": budget.person and people[budget.person],
        }
        spent = _sum_up(rows, budget, {name: key for name, key in about.items() if key})
        limit = (max(spent, _LEAST_SPENT) / budget.used).quantize(_CENT)
        budget_id = rows.add(
            "budgets",
            made=made,
            name=budget.name,
            scope=_scope(budget),
            **about,
            period=budget.period,
            limit_usd=limit,
            thresholds=list(USUAL_THRESHOLDS),
            is_hard=budget.is_hard,
            note=budget.note,
            created_at=made,
            updated_at=made,
            **made_by,
        )
        if budget.raised:
            _add_raise(rows, budget_id, (limit * budget.raised).quantize(_CENT), budget.reason, made_by)


def _scope(budget: SampleBudget) -> BudgetScope:
    if budget.project:
        return BudgetScope.PROJECT
    return BudgetScope.USER if budget.person else BudgetScope.ORGANIZATION


def _sum_up(rows: Rows, budget: SampleBudget, about: Mapping[str, object]) -> Decimal:
    """What its period has cost so far."""
    month = rows.now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)

    def counts(row: Row) -> bool:
        at: datetime = row["created_at"]
        is_of_period = budget.period is BudgetPeriod.TOTAL or at >= month
        return is_of_period and all(row[name] == key for name, key in about.items())

    return sum((Decimal(str(row["cost_usd"] or 0)) for row in rows.tables["api_usage"] if counts(row)), Decimal(0))


def _add_raise(rows: Rows, budget_id: UUID, amount: Decimal, reason: str, made_by: Mapping[str, UUID]) -> None:
    made = rows.days_ago(_RAISED_DAYS_AGO)
    rows.add(
        "budget_raises",
        made=made,
        budget_id=budget_id,
        amount_usd=amount,
        reason=reason,
        starts_at=made,
        expires_at=made + timedelta(days=_RAISED_FOR_DAYS),
        created_at=made,
        **made_by,
    )
