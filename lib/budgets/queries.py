"""Budgets as PostgreSQL finds them, by the rules of who asks."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, Text, cast, func, select
from sqlalchemy.orm import Session

from lib.db.paging import Order, Rows, read_page
from lib.models.budget import (
    Budget,
    BudgetRaise,
    BudgetScope,
    BudgetSpending,
    SpendingNotice,
    SpendingWatch,
)
from lib.models.people import people
from lib.models.project import Project

#: How a list of budgets goes: from the widest to the narrowest, and by what they are about.
_ABOUT: Final = func.coalesce(Project.name, people.c.name, "")
_PLACE: Final = func.array_position([BudgetScope.ORGANIZATION, BudgetScope.PROJECT, BudgetScope.USER], Budget.scope)
_ORDER: Final = Order(
    "about",
    cast(_PLACE, Text).concat(func.lower(_ABOUT)).concat(" ").concat(Budget.period),
    Budget.id,
    kind=str,
    is_descending=False,
    is_leakproof=False,
)
_SPENT: Final = func.coalesce(BudgetSpending.spent_usd, 0)
_ALLOWED: Final = func.api.budget_limit(Budget.id, Budget.limit_usd)


def list_budgets(session: Session, organization_id: UUID, *, cursor: str | None, limit: int) -> Rows:
    """A page of those that have not ended and that the person may see, with what is spent of them."""
    return read_page(session, _gauges(organization_id), order=_ORDER, cursor=cursor, limit=limit)


def count_budgets(session: Session, organization_id: UUID) -> Row[int, int, int]:
    """How many there are; of how many nothing, and of how many little is left (`Gauge.is_used_up`, `is_short`)."""
    looked_at = _gauges(organization_id).add_columns(_is_short().label("is_short")).subquery()
    used_up = looked_at.c.spent_usd >= looked_at.c.allowed_usd
    return session.execute(
        select(func.count(), func.count().filter(used_up), func.count().filter(looked_at.c.is_short, ~used_up))
    ).one()


def list_short(session: Session, organization_id: UUID, *, limit: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """Those of which little is left (`Gauge.is_short`), the one with the largest share of it spent first."""
    fullest = (_SPENT / _ALLOWED).desc()
    return session.execute(_gauges(organization_id).where(_is_short()).order_by(fullest, Budget.id).limit(limit)).all()


def list_about(session: Session, organization_id: UUID, about: Sequence[UUID]) -> Sequence[Row[*tuple[Any, ...]]]:
    """Those of them that are about the organization itself, these projects or these people."""
    statement = _gauges(organization_id).where(Budget.about_id.in_(about))
    return session.execute(statement.order_by(_ORDER.key, Budget.id)).all()


def list_raises(session: Session, organization_id: UUID, budget_ids: Sequence[UUID]) -> Sequence[Row[*tuple[Any, ...]]]:
    """Those of these budgets that count at the moment, the one that expires first before the others."""
    return session.execute(
        select(
            BudgetRaise.budget_id,
            BudgetRaise.id,
            BudgetRaise.amount_usd,
            BudgetRaise.reason,
            BudgetRaise.expires_at,
            people.c.name.label("by"),
        )
        .join(people, people.c.id == BudgetRaise.created_by)
        .where(
            BudgetRaise.organization_id == organization_id,
            BudgetRaise.budget_id.in_(budget_ids),
            BudgetRaise.expires_at > func.now(),
        )
        .order_by(BudgetRaise.expires_at, BudgetRaise.id)
    ).all()


def load_budget(session: Session, organization_id: UUID, budget_id: UUID) -> Budget | None:
    """One that has not ended, locked."""
    return session.scalar(
        select(Budget)
        .where(Budget.organization_id == organization_id, Budget.id == budget_id, Budget.ended_at.is_(None))
        .with_for_update(key_share=True)
    )


def list_managers(session: Session) -> tuple[str, ...]:
    """The names of who may raise budgets."""
    return tuple(session.scalars(select(func.api.budget_managers())))


def list_watches(session: Session, organization_id: UUID) -> Sequence[SpendingWatch]:
    """Those that have not ended, the shortest first."""
    return session.scalars(
        select(SpendingWatch)
        .where(SpendingWatch.organization_id == organization_id, SpendingWatch.ended_at.is_(None))
        .order_by(SpendingWatch.hours)
    ).all()


def list_notices(session: Session, organization_id: UUID) -> Sequence[Row[*tuple[Any, ...]]]:
    """What watches have told of within their hours before now, the newest first."""
    return session.execute(
        select(
            people.c.name.label("person"),
            SpendingNotice.spent_usd,
            SpendingWatch.limit_usd,
            SpendingWatch.hours,
            SpendingNotice.told_at,
        )
        .join(SpendingWatch, SpendingWatch.id == SpendingNotice.watch_id)
        .join(people, people.c.id == SpendingNotice.user_id)
        .where(
            SpendingNotice.organization_id == organization_id,
            SpendingWatch.ended_at.is_(None),
            SpendingNotice.told_at > func.now() - func.make_interval(0, 0, 0, 0, SpendingWatch.hours),
        )
        .order_by(SpendingNotice.told_at.desc(), SpendingNotice.id)
        .limit(20)
    ).all()


def list_projects(session: Session, organization_id: UUID, *, search: str, limit: int) -> list[tuple[UUID, str]]:
    """What is not archived and is called so, the newest first."""
    found = session.execute(
        select(Project.id, Project.name)
        .where(Project.organization_id == organization_id, Project.archived_at.is_(None))
        .where(Project.name.icontains(search, autoescape=True))
        .order_by(Project.created_at.desc(), Project.id)
        .limit(limit)
    )
    return [(row.id, row.name) for row in found]


def list_people(session: Session, organization_id: UUID, *, search: str, limit: int) -> list[tuple[UUID, str]]:
    """Who can sign in and is called so, by name."""
    found = session.execute(
        select(people.c.id, people.c.name)
        .where(people.c.organization_id == organization_id, people.c.is_deactivated.is_(False))
        .where(people.c.name.icontains(search, autoescape=True))
        .order_by(func.lower(people.c.name), people.c.id)
        .limit(limit)
    )
    return [(row.id, row.name) for row in found]


def is_named(session: Session, organization_id: UUID, *, project_id: UUID | None, user_id: UUID | None) -> bool:
    """Whether the project and the person, where one is given, are there for who asks."""
    project = select(Project.id).where(Project.organization_id == organization_id, Project.id == project_id)
    person = select(people.c.id).where(people.c.organization_id == organization_id, people.c.id == user_id)
    return (project_id is None or session.scalar(project) is not None) and (
        user_id is None or session.scalar(person) is not None
    )


def _gauges(organization_id: UUID) -> Select[*tuple[Any, ...]]:
    makers = people.alias()
    return (
        select(
            Budget.id,
            Budget.name,
            Budget.scope,
            Budget.period,
            Budget.project_id,
            Budget.user_id,
            Budget.limit_usd,
            Budget.thresholds,
            Budget.is_hard,
            Budget.note,
            Budget.updated_at,
            _ABOUT.label("about"),
            func.coalesce(makers.c.name, "").label("created_by"),
            _SPENT.label("spent_usd"),
            func.coalesce(BudgetSpending.unknown_calls, 0).label("unknown_calls"),
            _ALLOWED.label("allowed_usd"),
        )
        .outerjoin(
            BudgetSpending,
            (BudgetSpending.organization_id == Budget.organization_id)
            & (BudgetSpending.budget_id == Budget.id)
            & (BudgetSpending.starts_at == func.api.budget_start(Budget.period, func.now())),
        )
        .outerjoin(Project, Project.id == Budget.project_id)
        .outerjoin(people, people.c.id == Budget.user_id)
        .outerjoin(makers, makers.c.id == Budget.created_by)
        .where(Budget.organization_id == organization_id, Budget.ended_at.is_(None))
    )


def _is_short() -> ColumnElement[bool]:
    """`Gauge.is_short`: the second threshold is reached, or all of it where there is none."""
    return _ALLOWED * func.coalesce(Budget.thresholds[2], 100) <= _SPENT * 100
