"""What people do with budgets: read, make, edit, raise and end them, and watch what a person spends."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, func, insert, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lib import clock
from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.budgets import queries
from lib.budgets.gauges import figures
from lib.budgets.views import BudgetCounts, BudgetEntry, BudgetView, Choices, RaiseView, WatchView
from lib.cost_limit import clean_dollars
from lib.db.constraints import constraint_of
from lib.db.paging import Page
from lib.db.session import tenant_session
from lib.entry import clean_line, clean_text
from lib.errors import AlreadyTaken, Conflict, InvalidInput, NotFound
from lib.models.budget import Budget, BudgetPeriod, BudgetRaise, BudgetScope, SpendingWatch

MAX_NAME, MAX_NOTE, MAX_REASON = 100, 2_000, 500
MOST_THRESHOLDS: Final = 10
#: So many projects or people can be chosen from; the others are searched for.
MOST_CHOICES: Final = 500
MOST_HOURS: Final = 720
#: A raise for longer is another limit.
MOST_RAISE_DAYS: Final = 366
_ABOUT_TAKEN, _HOURS_TAKEN = "idx_budgets_about", "idx_spending_watches_hours"


def list_budgets(actor: Actor, *, cursor: str | None = None, limit: int = 20) -> Page[BudgetView]:
    """A page of the organization's that have not ended: its own, then its projects', then its people's.

    Raises `NotPermitted`, and `InvalidInput` for a cursor that is none of this list.
    """
    actor.require(Permission.ANALYTICS_VIEW)
    with tenant_session(actor) as session:
        page = queries.list_budgets(session, actor.organization_id, cursor=cursor, limit=limit)
        raises: dict[UUID, list[RaiseView]] = defaultdict(list)
        for found in queries.list_raises(session, actor.organization_id, [row.id for row in page.rows]):
            raises[found.budget_id].append(_raise(found))
    return Page(tuple(_budget(row, tuple(raises[row.id])) for row in page.rows), page.newer, page.older)


def count_budgets(actor: Actor) -> BudgetCounts:
    """How many of the organization's have not ended, and how many need somebody. Raises `NotPermitted`."""
    actor.require(Permission.ANALYTICS_VIEW)
    with tenant_session(actor) as session:
        return BudgetCounts(*queries.count_budgets(session, actor.organization_id))


def list_choices(actor: Actor, scope: BudgetScope = BudgetScope.PROJECT, *, search: str = "") -> Choices:
    """Projects or people that a budget can be about, of those whose names hold `search`. Raises `NotPermitted`."""
    actor.require(Permission.BUDGETS_MANAGE)
    list_named = queries.list_projects if scope is BudgetScope.PROJECT else queries.list_people
    with tenant_session(actor) as session:
        found = list_named(session, actor.organization_id, search=search.strip(), limit=MOST_CHOICES + 1)
    return Choices(names=dict(found[:MOST_CHOICES]), has_more=len(found) > MOST_CHOICES)


def create_budget(actor: Actor, entry: BudgetEntry) -> UUID:
    """Make one. It begins with what its period has cost so far; for a budget of all time that is everything.

    Raises `InvalidInput`, `AlreadyTaken` where there is one for the same thing and period, `NotFound`, `NotPermitted`.
    """
    actor.require(Permission.BUDGETS_MANAGE)
    columns = _check(entry) | _check_about(entry)
    columns |= {"organization_id": actor.organization_id, "created_by": actor.user_id}
    try:
        with tenant_session(actor) as session:
            named = {name: columns[name] for name in ("project_id", "user_id")}
            if not queries.is_named(session, actor.organization_id, **named):
                raise NotFound("project" if columns["project_id"] else "person")
            return session.scalars(insert(Budget).values(**columns).returning(Budget.id)).one()
    except IntegrityError as error:
        if constraint_of(error) != _ABOUT_TAKEN:
            raise
        message = "There is a budget for that already, for the same period. Edit it, raise it, or end it first."
        raise AlreadyTaken(message, field="For") from error


def update_budget(actor: Actor, entry: BudgetEntry, *, seen: BudgetView) -> None:
    """Change the one that was `seen`: all but what it is about and its period.

    Raises `InvalidInput`, `NotFound`, `NotPermitted`, and `Conflict` where somebody else has edited it.
    """
    actor.require(Permission.BUDGETS_MANAGE)
    columns = _check(entry)
    with tenant_session(actor) as session:
        row = queries.load_budget(session, actor.organization_id, seen.id)
        if row is None:
            raise NotFound("budget")
        if row.updated_at != seen.updated_at:
            message = "Somebody else has edited this budget meanwhile, so nothing was saved. Look at it again."
            raise Conflict(message)
        session.execute(update(Budget).where(Budget.id == seen.id).values(columns))


def end_budget(actor: Actor, budget_id: UUID) -> None:
    """End it: it counts nothing and stops nothing any more. Raises `NotFound`, `NotPermitted`."""
    actor.require(Permission.BUDGETS_MANAGE)
    with tenant_session(actor) as session:
        row = queries.load_budget(session, actor.organization_id, budget_id)
        if row is None:
            raise NotFound("budget")
        session.execute(update(Budget).where(Budget.id == budget_id).values(ended_at=func.now()))


def raise_budget(actor: Actor, budget_id: UUID, amount_usd: Decimal, *, reason: str, expires_at: datetime) -> None:
    """Let it allow so much more until then; what it has stopped goes on by itself.

    Raises `InvalidInput`, `NotFound`, `NotPermitted`.
    """
    actor.require(Permission.BUDGETS_MANAGE)
    amount = clean_dollars(amount_usd, field="Amount")
    reason = clean_line(reason, field="Reason", longest=MAX_REASON)
    _check_end(expires_at)
    with tenant_session(actor) as session:
        if queries.load_budget(session, actor.organization_id, budget_id) is None:
            raise NotFound("budget")
        row = insert(BudgetRaise).values(
            organization_id=actor.organization_id,
            budget_id=budget_id,
            amount_usd=amount,
            reason=reason,
            expires_at=expires_at,
            created_by=actor.user_id,
        )
        session.execute(row)


def end_raise(actor: Actor, raise_id: UUID) -> None:
    """Take a raise back: it counts no more from now on. Raises `NotFound`, `NotPermitted`."""
    actor.require(Permission.BUDGETS_MANAGE)
    with tenant_session(actor) as session:
        ended = (
            update(BudgetRaise)
            .where(
                BudgetRaise.organization_id == actor.organization_id,
                BudgetRaise.id == raise_id,
                BudgetRaise.expires_at > func.now(),
            )
            .values(expires_at=func.now())
        )
        if session.scalar(ended.returning(BudgetRaise.id)) is None:
            raise NotFound("raise")


def list_watches(actor: Actor) -> tuple[WatchView, ...]:
    """The organization's watches over what a person spends, the shortest first. Raises `NotPermitted`."""
    actor.require(Permission.ANALYTICS_VIEW)
    with tenant_session(actor) as session:
        found = queries.list_watches(session, actor.organization_id)
        return tuple(WatchView(id=row.id, limit_usd=row.limit_usd, hours=row.hours) for row in found)


def create_watch(actor: Actor, limit_usd: Decimal, *, hours: int) -> UUID:
    """Tell who may change budgets once a person spends more than that within so many hours.

    Raises `InvalidInput`, `AlreadyTaken` where there is one for as many hours, `NotPermitted`.
    """
    actor.require(Permission.BUDGETS_MANAGE)
    columns = _check_watch(limit_usd, hours)
    with _hours_taken(hours), tenant_session(actor) as session:
        return _add_watch(session, actor, columns)


def update_watch(actor: Actor, limit_usd: Decimal, *, hours: int, seen: WatchView) -> UUID:
    """Put another in the place of the one that was `seen`. It begins anew: whoever is above it is told of again.

    Raises `InvalidInput`, `AlreadyTaken`, `NotPermitted`, and `NotFound` where somebody has edited or ended it.
    """
    actor.require(Permission.BUDGETS_MANAGE)
    columns = _check_watch(limit_usd, hours)
    if (columns["limit_usd"], hours) == (seen.limit_usd, seen.hours):
        return seen.id
    with _hours_taken(hours), tenant_session(actor) as session:
        _end_watch(session, actor, seen.id)
        return _add_watch(session, actor, columns)


def end_watch(actor: Actor, watch_id: UUID) -> None:
    """Nobody is told by it any more. Raises `NotFound`, `NotPermitted`."""
    actor.require(Permission.BUDGETS_MANAGE)
    with tenant_session(actor) as session:
        _end_watch(session, actor, watch_id)


def _add_watch(session: Session, actor: Actor, columns: Mapping[str, Any]) -> UUID:
    row = insert(SpendingWatch).values(organization_id=actor.organization_id, created_by=actor.user_id, **columns)
    return session.scalars(row.returning(SpendingWatch.id)).one()


def _end_watch(session: Session, actor: Actor, watch_id: UUID) -> None:
    ended = update(SpendingWatch).where(
        SpendingWatch.organization_id == actor.organization_id,
        SpendingWatch.id == watch_id,
        SpendingWatch.ended_at.is_(None),
    )
    if session.scalar(ended.values(ended_at=func.now()).returning(SpendingWatch.id)) is None:
        raise NotFound("alert")


@contextmanager
def _hours_taken(hours: int) -> Iterator[None]:
    """Say in words that there is an alert for as many hours."""
    try:
        yield
    except IntegrityError as error:
        if constraint_of(error) != _HOURS_TAKEN:
            raise
        message = f"There is an alert for {hours} hours already. Edit or end it, or choose other hours."
        raise AlreadyTaken(message, field="Hours") from error


def _check_watch(limit_usd: Decimal, hours: int) -> dict[str, Any]:
    """The columns of an alert, as they are stored. Raises `InvalidInput`."""
    limit = clean_dollars(limit_usd, field="Amount")
    if not 1 <= hours <= MOST_HOURS:
        message = f"A watch looks back over 1 to {MOST_HOURS} hours. Enter another number."
        raise InvalidInput(message, field="Hours")
    return {"limit_usd": limit, "hours": hours}


def _check(entry: BudgetEntry) -> dict[str, Any]:
    """The columns that can be changed, as they are stored. Raises `InvalidInput`."""
    return {
        "name": clean_line(entry.name, field="Name", longest=MAX_NAME),
        "limit_usd": clean_dollars(entry.limit_usd, field="Limit"),
        "thresholds": _check_thresholds(entry.thresholds),
        "is_hard": entry.is_hard,
        "note": clean_text(entry.note, field="Note", longest=MAX_NOTE, required=False) or None,
    }


def _check_thresholds(thresholds: Sequence[int]) -> list[int]:
    if len(set(thresholds)) > MOST_THRESHOLDS:
        message = f"At most {MOST_THRESHOLDS} shares can be told. Take some away."
        raise InvalidInput(message, field="Tell at")
    if any(not 0 < percent < 100 for percent in thresholds):
        message = "A share is a whole percent from 1 to 99; all of it is told anyway."
        raise InvalidInput(message, field="Tell at")
    return sorted(set(thresholds))


def _check_about(entry: BudgetEntry) -> dict[str, Any]:
    """What it is about, and its period. Raises `InvalidInput`."""
    if entry.scope not in set(BudgetScope) or entry.period not in set(BudgetPeriod):
        message = "A budget is for the organization, a project or a person, and for a month or for all time."
        raise InvalidInput(message, field="For")
    scope = BudgetScope(entry.scope)
    missing = {BudgetScope.PROJECT: entry.project_id, BudgetScope.USER: entry.user_id}.get(scope, entry) is None
    if missing:
        message = f"Choose the {'project' if scope is BudgetScope.PROJECT else 'person'} that it is for."
        raise InvalidInput(message, field="Project" if scope is BudgetScope.PROJECT else "Person")
    return {
        "scope": scope,
        "period": BudgetPeriod(entry.period),
        "project_id": entry.project_id if scope is BudgetScope.PROJECT else None,
        "user_id": entry.user_id if scope is BudgetScope.USER else None,
    }


def _check_end(expires_at: datetime) -> None:
    now = clock.now()
    if not now < expires_at <= now + timedelta(days=MOST_RAISE_DAYS):
        message = "A raise ends within a year from now. For good, edit the limit instead."
        raise InvalidInput(message, field="Until")


def _budget(row: Row[*tuple[Any, ...]], raises: tuple[RaiseView, ...]) -> BudgetView:
    return BudgetView(
        **figures(row),
        project_id=row.project_id,
        user_id=row.user_id,
        limit_usd=row.limit_usd,
        note=row.note or "",
        raises=raises,
        created_by=row.created_by,
        updated_at=row.updated_at,
    )


def _raise(row: Row[*tuple[Any, ...]]) -> RaiseView:
    return RaiseView(id=row.id, amount_usd=row.amount_usd, reason=row.reason, expires_at=row.expires_at, by=row.by)
