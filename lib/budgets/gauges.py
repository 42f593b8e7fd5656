"""What is left of budgets, for those whom they bind and for who looks after them."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.budgets import queries
from lib.budgets.telling import say_short, say_used_up, say_who_raises
from lib.budgets.views import Alerts, BudgetCounts, Gauge, NoticeView
from lib.db.session import tenant_session
from lib.errors import BudgetUsedUp
from lib.models.budget import BudgetPeriod, BudgetScope


def list_gauges(actor: Actor, *, project_id: UUID | None = None) -> tuple[Gauge, ...]:
    """Those that bind what this person launches, for this project where one is named; as far as they may see them."""
    actor.require(Permission.ORCHESTRATIONS_VIEW)
    about = [actor.organization_id, actor.user_id, *([project_id] if project_id else [])]
    with tenant_session(actor) as session:
        return tuple(_gauge(row) for row in queries.list_about(session, actor.organization_id, about))


def refuse_used_up(actor: Actor, project_id: UUID) -> None:
    """Raise `BudgetUsedUp` where a run of this person's for this project would only stand there paused."""
    for gauge in list_gauges(actor, project_id=project_id):
        if gauge.is_hard and gauge.is_used_up:
            raise BudgetUsedUp(f"{say_used_up(gauge)} {say_who_raises(name_managers(actor))}")


def preview_launch(
    actor: Actor, project_id: UUID, *, cost_usd: tuple[Decimal, Decimal] | None
) -> tuple[tuple[Gauge, ...], tuple[str, ...]]:
    """The budgets that bind a launch for this project, and what would come of it; `cost_usd` is its estimate."""
    gauges = list_gauges(actor, project_id=project_id)
    hard = [gauge for gauge in gauges if gauge.is_hard]
    if any(gauge.is_used_up for gauge in hard):
        managers = name_managers(actor)
        said = [f"{say_used_up(each)} {say_who_raises(managers)}" for each in hard if each.is_used_up]
        return gauges, (*said, "The run would stand there paused, and go on by itself then.")
    most = cost_usd[1] if cost_usd else Decimal(0)
    return gauges, tuple(say_short(each, least=cost_usd[0]) for each in hard if cost_usd and most > each.left_usd)


def list_project_gauges(actor: Actor, project_id: UUID) -> tuple[Gauge, ...]:
    """Those of one project; none for who may not see them."""
    actor.require(Permission.PROJECTS_VIEW)
    with tenant_session(actor) as session:
        return tuple(_gauge(row) for row in queries.list_about(session, actor.organization_id, [project_id]))


def find_month_gauge(actor: Actor) -> Gauge | None:
    """The organization's for this month, for who may see what everybody spends."""
    actor.require(Permission.ANALYTICS_VIEW)
    with tenant_session(actor) as session:
        gauges = [_gauge(row) for row in queries.list_about(session, actor.organization_id, [actor.organization_id])]
    return next((gauge for gauge in gauges if gauge.period is BudgetPeriod.MONTH), None)


def list_alerts(actor: Actor, *, most: int = 5) -> Alerts:
    """What whoever looks after budgets should know, at most so many of them; nothing for anybody else."""
    actor.require(Permission.ORCHESTRATIONS_VIEW)
    if not actor.may(Permission.BUDGETS_MANAGE):
        return Alerts()
    with tenant_session(actor) as session:
        short = [_gauge(row) for row in queries.list_short(session, actor.organization_id, limit=most)]
        more = 0
        if len(short) == most:
            counts = BudgetCounts(*queries.count_budgets(session, actor.organization_id))
            more = counts.used_up + counts.short - most
        notices = [NoticeView(**row._mapping) for row in queries.list_notices(session, actor.organization_id)]
    return Alerts(budgets=tuple(short), more=more, notices=tuple(notices))


def name_managers(actor: Actor) -> tuple[str, ...]:
    """The names of who may raise budgets, for whoever sees a run that one has stopped."""
    actor.require(Permission.ORCHESTRATIONS_VIEW)
    with tenant_session(actor) as session:
        return queries.list_managers(session)


def figures(row: Row[*tuple[Any, ...]]) -> Mapping[str, Any]:
    """What `Gauge` says of a budget."""
    return {
        "id": row.id,
        "name": row.name,
        "scope": BudgetScope(row.scope),
        "period": BudgetPeriod(row.period),
        "about": row.about,
        "allowed_usd": row.allowed_usd,
        "spent_usd": row.spent_usd,
        "thresholds": tuple(row.thresholds),
        "is_hard": row.is_hard,
        "unknown_calls": row.unknown_calls,
    }


def _gauge(row: Row[*tuple[Any, ...]]) -> Gauge:
    return Gauge(**figures(row))
