"""Every select on what waits, or waited, for somebody's word: answers of phases, and operations after them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Integer,
    Select,
    Subquery,
    Text,
    Uuid,
    case,
    cast,
    func,
    literal,
    literal_column,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute, Session

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.db.counting import count_each
from lib.db.paging import Order, Rows, read_merged
from lib.entry import clean_search
from lib.models.operation import IntegrationOperation, OperationStatus
from lib.models.people import people
from lib.models.project import Project
from lib.models.review import Decision, ReviewOutcome, ReviewRequest, RunReview
from lib.models.run import OrchestrationRun, PhaseExecution
from lib.reviews.queries import TITLE, counting_approvals, is_reviewer
from lib.reviews.views import ReviewSort, ReviewSplit


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewFilter:
    """Which of them a list shows; None is all."""

    split: ReviewSplit | None = None
    project_id: UUID | None = None
    #: Who launched the run.
    user_id: UUID | None = None
    template_id: UUID | None = None
    #: Answers alone: operations have no time by which they are due.
    is_overdue: bool = False
    search: str = ""

    def __post_init__(self) -> None:
        """However it was typed, the search is as `clean_search` leaves it."""
        object.__setattr__(self, "search", clean_search(self.search))


#: As the index says it: as a value of its own no plan that is kept could use that.
_WAITS: Final = IntegrationOperation.status == literal_column("'waiting_approval'")
_WAS_DECIDED: Final = IntegrationOperation.approved_at.is_not(None)
_IS_REJECTED: Final = IntegrationOperation.status == OperationStatus.REJECTED


def list_asked(
    session: Session, actor: Actor, *, chosen: ReviewFilter, sort: ReviewSort, cursor: str | None, limit: int
) -> Rows:
    """A page of both, in that order; the columns are called as in `ReviewSummary`."""
    parts = [part.subquery("asked") for part in _parts(actor, chosen)]
    statements = [(_beside_runs(actor, part, chosen, _summary(part)), _order(part, sort)) for part in parts]
    return read_merged(session, statements, cursor=cursor, limit=limit)


def count_by_split(session: Session, actor: Actor, *, chosen: ReviewFilter, most: int) -> dict[ReviewSplit, int]:
    """How many there are of each part, whichever is chosen; the other filters hold."""
    statements = {}
    for split in ReviewSplit:
        each = replace(chosen, split=split, search="")
        asked = _asked(actor, each)
        statements[split] = _beside_runs(actor, asked, each, [text.label(None) for text in _texts(asked)])
    return count_each(session, statements, search=chosen.search, most=most)


def list_waiting(actor: Actor) -> Select[*tuple[Any, ...]]:
    """The ids of what waits for this person, who may review."""
    asked = _asked(actor, ReviewFilter(split=ReviewSplit.MINE))
    found = select(asked.c.id).join(OrchestrationRun, OrchestrationRun.id == asked.c.run_id)
    return found.where(_is_theirs(actor, asked))


def _asked(actor: Actor, chosen: ReviewFilter) -> Subquery:
    """Both kinds at once, to be counted; their runs are joined to both at once."""
    return union_all(*_parts(actor, chosen)).subquery("asked")


def _parts(actor: Actor, chosen: ReviewFilter) -> list[Select[*tuple[Any, ...]]]:
    """Both kinds in the same columns, of the part that is chosen."""
    answers = _answers(actor, chosen.split)
    if chosen.is_overdue:
        return [answers.where(ReviewRequest.decided_at.is_(None), ReviewRequest.due_at <= func.now())]
    return [answers, _operations(actor, chosen.split)]


def _answers(actor: Actor, split: ReviewSplit | None) -> Select[*tuple[Any, ...]]:
    statement = select(
        ReviewRequest.id,
        ReviewRequest.run_id,
        ReviewRequest.phase_execution_id,
        literal(None, Text).label("operation_type"),
        literal(None, Text).label("operation_name"),
        ReviewRequest.requested_at,
        ReviewRequest.due_at,
        ReviewRequest.decided_at,
        cast(null(), Uuid()).label("approved_by"),
        cast(ReviewRequest.outcome, Text).label("outcome"),
        ReviewRequest.required_approvals,
        (ReviewRequest.required_approvals > 1).label("is_launchers_too"),
    ).where(ReviewRequest.organization_id == actor.organization_id)
    match split:
        case ReviewSplit.MINE:
            is_missing = literal(actor.user_id, Uuid()).not_in(counting_approvals())
            return statement.where(ReviewRequest.decided_at.is_(None), is_reviewer(actor), is_missing)
        case ReviewSplit.WAITING:
            return statement.where(ReviewRequest.decided_at.is_(None))
        case ReviewSplit.DECIDED:
            return statement.where(ReviewRequest.decided_at.is_not(None))
        case None:
            return statement


def _operations(actor: Actor, split: ReviewSplit | None) -> Select[*tuple[Any, ...]]:
    """What waits for an approval, or somebody has said a word on."""
    statement = select(
        IntegrationOperation.id,
        IntegrationOperation.run_id,
        IntegrationOperation.phase_execution_id,
        cast(IntegrationOperation.operation_type, Text).label("operation_type"),
        cast(IntegrationOperation.name, Text).label("operation_name"),
        IntegrationOperation.created_at.label("requested_at"),
        cast(null(), DateTime(timezone=True)).label("due_at"),
        IntegrationOperation.approved_at.label("decided_at"),
        IntegrationOperation.approved_by,
        case(
            (_WAITS, null()),
            (_IS_REJECTED, literal(ReviewOutcome.REJECTED, Text)),
            else_=literal(ReviewOutcome.APPROVED, Text),
        ).label("outcome"),
        literal(1, Integer).label("required_approvals"),
        literal(False).label("is_launchers_too"),
    ).where(IntegrationOperation.organization_id == actor.organization_id)
    match split:
        case ReviewSplit.MINE:
            return statement.where(_WAITS, ~_has_edited(actor))
        case ReviewSplit.WAITING:
            return statement.where(_WAITS)
        case ReviewSplit.DECIDED:
            return statement.where(_WAS_DECIDED)
        case None:
            return statement.where(_WAITS | _WAS_DECIDED)


def _has_edited(actor: Actor) -> ColumnElement[bool]:
    """Whether the person has written a part of what an operation sends, and so can't approve it.

    Most people have edited nothing, which is seen once for all rows.
    """
    edits = select(RunReview.id).where(
        RunReview.organization_id == actor.organization_id,
        RunReview.reviewer_id == actor.user_id,
        RunReview.decision == Decision.APPROVE_WITH_EDITS,
    )
    return edits.exists() & func.api.has_edited(IntegrationOperation.run_id)


def _summary(asked: Subquery) -> tuple[ColumnElement[Any], ...]:
    """What `ReviewSummary` has."""
    counted = select(func.count()).select_from(func.api.counting_approvals(asked.c.id).table_valued("reviewer_id"))
    is_approved = cast(asked.c.outcome.is_not_distinct_from(ReviewOutcome.APPROVED), Integer)
    return (
        asked.c.id,
        asked.c.run_id,
        TITLE.label("run_title"),
        PhaseExecution.phase_name.label("phase_name"),
        PhaseExecution.position.label("phase_position"),
        PhaseExecution.attempt.label("attempt"),
        asked.c.operation_type,
        asked.c.operation_name,
        select(Project.name).where(Project.id == OrchestrationRun.project_id).scalar_subquery().label("project_name"),
        _name(OrchestrationRun.user_id).label("launched_by"),
        asked.c.requested_at,
        asked.c.due_at,
        asked.c.decided_at,
        asked.c.outcome,
        case(
            (asked.c.outcome == ReviewOutcome.WITHDRAWN, null()),
            (asked.c.decided_at.is_not(None), func.coalesce(_name(asked.c.approved_by), _last_reviewer(asked))),
        ).label("decided_by"),
        case((asked.c.operation_type.is_(None), counted.scalar_subquery()), else_=is_approved).label("approvals"),
        asked.c.required_approvals,
    )


def _name(user_id: ColumnElement[Any] | InstrumentedAttribute[UUID]) -> ColumnElement[str]:
    return select(people.c.name).where(people.c.id == user_id).scalar_subquery()


def _last_reviewer(asked: Subquery) -> ColumnElement[str]:
    """Whose word of an answer came last: once it is decided, that one decided it."""
    said = select(people.c.name).join_from(RunReview, people, people.c.id == RunReview.reviewer_id)
    return (
        said.where(RunReview.request_id == asked.c.id)
        .order_by(RunReview.said_at.desc())
        .limit(1)
        .correlate(asked)
        .scalar_subquery()
    )


def _order(asked: Subquery, sort: ReviewSort) -> Order:
    orders: Mapping[ReviewSort, Order] = {
        ReviewSort.OLDEST: Order("oldest", asked.c.requested_at, asked.c.id, is_descending=False),
        ReviewSort.NEWEST: Order("newest", asked.c.requested_at, asked.c.id),
        ReviewSort.DUE: Order("due", asked.c.due_at, asked.c.id, is_descending=False, is_nullable=True),
    }
    return orders[sort]


def _texts(asked: Subquery) -> tuple[ColumnElement[str] | InstrumentedAttribute[str], ...]:
    """What a search looks through."""
    return TITLE, PhaseExecution.phase_name, asked.c.operation_name


def _beside_runs(
    actor: Actor, asked: Subquery, chosen: ReviewFilter, columns: Iterable[ColumnElement[Any]]
) -> Select[*tuple[Any, ...]]:
    """Those columns, of those alone that are chosen."""
    equal = {
        OrchestrationRun.project_id: chosen.project_id,
        OrchestrationRun.user_id: chosen.user_id,
        OrchestrationRun.template_id: chosen.template_id,
    }
    conditions: list[ColumnElement[bool]] = [each == value for each, value in equal.items() if value is not None]
    if chosen.split is ReviewSplit.MINE:
        conditions.append(_is_theirs(actor, asked))
    if chosen.search:
        conditions.append(or_(*(text.icontains(chosen.search, autoescape=True) for text in _texts(asked))))
    return (
        select(*columns)
        .join_from(asked, OrchestrationRun, OrchestrationRun.id == asked.c.run_id)
        .join(PhaseExecution, PhaseExecution.id == asked.c.phase_execution_id)
        .where(*conditions)
    )


def _is_theirs(actor: Actor, asked: Subquery) -> ColumnElement[bool]:
    """Whether what waits, beside its run, is this person's to decide.

    Their own runs' answers are where several approvals are asked for: theirs is never enough. What their own runs do
    outside never is.
    """
    if not actor.may(Permission.ORCHESTRATIONS_REVIEW):
        return literal(False)
    return (OrchestrationRun.user_id != actor.user_id) | asked.c.is_launchers_too
