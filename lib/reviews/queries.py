"""Every select on reviews of runs."""

from collections.abc import Collection, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, Text, Uuid, cast, column, func, literal, select, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, JSONPATH
from sqlalchemy.orm import Session

from lib.access.actor import Actor
from lib.access.permissions import GRANTS, Permission
from lib.models.people import people
from lib.models.project import Project
from lib.models.review import ReviewRequest, RunReview
from lib.models.run import OrchestrationRun, PhaseExecution
from lib.users.queries import person


def counting_approvals() -> Select[UUID]:
    """Whose approvals of a request's answer count."""
    found = func.api.counting_approvals(ReviewRequest.id).table_valued(column("reviewer_id", Uuid()))
    return select(found.c.reviewer_id)


#: Of the run.
TITLE: Final = func.coalesce(OrchestrationRun.title, func.left(OrchestrationRun.topic, 255))
#: What `ReviewSummary` has, by its names.
SUMMARY: Final = {
    "id": ReviewRequest.id,
    "run_id": ReviewRequest.run_id,
    "run_title": TITLE,
    "phase_name": PhaseExecution.phase_name,
    "phase_position": PhaseExecution.position,
    "attempt": PhaseExecution.attempt,
    "project_name": select(Project.name).where(Project.id == OrchestrationRun.project_id).scalar_subquery(),
    "launched_by": select(people.c.name).where(people.c.id == OrchestrationRun.user_id).scalar_subquery(),
    "requested_at": ReviewRequest.requested_at,
    "due_at": ReviewRequest.due_at,
    "decided_at": ReviewRequest.decided_at,
    "outcome": ReviewRequest.outcome,
    "approvals": select(func.count()).select_from(counting_approvals().subquery()).scalar_subquery(),
    "required_approvals": ReviewRequest.required_approvals,
}
_OUTPUT: Final = cast("$.phases[*] ? (@.code == $code).output", JSONPATH)
_DECIDE: Final = text("SELECT api.decide_review(:id, :decision, :comment, :response, :seen)")


def find_review(session: Session, actor: Actor, review_id: UUID) -> Row[*tuple[Any, ...]] | None:
    """One review with the answer that it is about, and whether the person is among those asked."""
    statement = _of(actor, *SUMMARY.values()).add_columns(
        ReviewRequest.instructions,
        ReviewRequest.reviewers,
        ReviewRequest.escalated_at,
        OrchestrationRun.user_id.label("launcher_id"),
        is_reviewer(actor).label("is_reviewer"),
        func.coalesce(PhaseExecution.original_response, PhaseExecution.response_text, "").label("answer"),
        func.api.edited_answer(ReviewRequest.id, type_=Text()).label("edited"),
    )
    return session.execute(statement.where(ReviewRequest.id == review_id)).one_or_none()


def read_output(session: Session, actor: Actor, review_id: UUID) -> Any:
    """What the phase that a review is about asks its answer to be, as the run's plan says it; None where it is text."""
    output = func.jsonb_path_query_first(
        OrchestrationRun.plan, _OUTPUT, func.jsonb_build_object("code", PhaseExecution.phase_code), type_=JSONB()
    )
    return session.scalar(_of(actor, output).where(ReviewRequest.id == review_id))


def list_words(session: Session, review_id: UUID) -> Sequence[Row[*tuple[Any, ...]]]:
    """What people say of it, the first word first, each with what they said before."""
    counted = RunReview.reviewer_id.in_(
        select(func.api.counting_approvals(literal(review_id)).table_valued("reviewer_id").c.reviewer_id)
    )
    statement = select(
        person(RunReview.reviewer_id).label("reviewer"),
        RunReview.reviewer_id,
        RunReview.decision,
        RunReview.comment,
        RunReview.answer_digest,
        RunReview.earlier,
        counted.label("is_counted"),
        RunReview.said_at,
    )
    return session.execute(
        statement.where(RunReview.request_id == review_id).order_by(RunReview.said_at, RunReview.id)
    ).all()


def list_reviewers(session: Session, *, limit: int) -> dict[UUID, str]:
    """People whose role lets them review, by name."""
    roles = [role for role, grants in GRANTS.items() if Permission.ORCHESTRATIONS_REVIEW in grants]
    found = select(people.c.id, people.c.name).where(people.c.role.in_(roles), ~people.c.is_deactivated)
    return {row.id: row.name for row in session.execute(found.order_by(people.c.name).limit(limit))}


def decide(
    session: Session, review_id: UUID, *, decision: str, comment: str, response: str | None, seen: str
) -> dict[str, Any]:
    """Hand a person's word to the database, which says what it came to: see api.decide_review."""
    values = {"id": review_id, "decision": decision, "comment": comment, "response": response, "seen": seen}
    found: dict[str, Any] = session.execute(_DECIDE, values).scalar_one()
    return found


def _of(actor: Actor, *columns: Any) -> Select[*tuple[Any, ...]]:
    """Of the organization, as in `lib.runs.queries`: the condition is the planner's."""
    return (
        select(*columns)
        .join_from(ReviewRequest, OrchestrationRun, OrchestrationRun.id == ReviewRequest.run_id)
        .join(PhaseExecution, PhaseExecution.id == ReviewRequest.phase_execution_id)
        .where(ReviewRequest.organization_id == actor.organization_id)
    )


def is_reviewer(actor: Actor) -> ColumnElement[bool]:
    """Whether the person is among those whom a request names."""
    return func.api.is_reviewer(
        ReviewRequest.reviewers, ReviewRequest.escalated_at, actor.role.value, literal(actor.user_id, Uuid())
    )


def count_other_reviewers(session: Session, named: Collection[tuple[str, ...]]) -> dict[tuple[str, ...], int]:
    """How many others may decide at gates that name these, by whom they name; one statement for all."""
    if not named:
        return {}
    each = list(named)
    asked = select(*(func.api.other_reviewers(literal(list(who), ARRAY(Text))) for who in each))
    return dict(zip(each, session.execute(asked).one(), strict=True))
