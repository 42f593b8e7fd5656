"""What people do with answers that wait for them: find them, read them, decide."""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.orm import Session

from lib.access.actor import Actor
from lib.access.permissions import Permission, Role
from lib.db.paging import Page
from lib.db.session import tenant_session
from lib.entry import clean_text, compose_text
from lib.errors import Conflict, InvalidInput, NotFound, NotPermitted
from lib.integrations.registry import find_kinds
from lib.models.review import Decision, ReviewOutcome
from lib.reviews import queries
from lib.reviews.inbox.queries import ReviewFilter, count_by_split, list_asked
from lib.reviews.structures import read_earlier
from lib.reviews.views import Decided, Review, ReviewSort, ReviewSplit, ReviewSummary, Word
from lib.templates.json_output.checking import check_answer
from lib.templates.structure import PhaseOutput
from lib.users.queries import name_people
from lib.users.views import Person
from lib.validation import read_stored

MAX_COMMENT = 5_000
MAX_ANSWER = 1_000_000
#: Words that change what comes next have to say why.
WITH_COMMENT: Final = frozenset({Decision.REDO, Decision.REJECT})
_ROLES: Final[Mapping[str, str]] = {
    Role.ADMIN: "admins",
    Role.MANAGER: "managers",
    Role.MEMBER: "members",
    Role.VIEWER: "viewers",
}
_OUTCOMES: Final[Mapping[str | None, str]] = {
    ReviewOutcome.APPROVED: "approved",
    ReviewOutcome.REDONE: "sent back for another draft",
    ReviewOutcome.REJECTED: "rejected",
}


def list_reviews(
    actor: Actor,
    chosen: ReviewFilter | None = None,
    *,
    sort: ReviewSort = ReviewSort.OLDEST,
    cursor: str | None = None,
    limit: int = 25,
) -> Page[ReviewSummary]:
    """A page of what people are, or were, asked about in runs that the person sees: answers, and operations.

    Raises `InvalidInput` for a cursor that is none of it.
    """
    actor.require(Permission.ORCHESTRATIONS_VIEW)
    with tenant_session(actor) as session:
        page = list_asked(session, actor, chosen=chosen or ReviewFilter(), sort=sort, cursor=cursor, limit=limit)
        return Page(tuple(_asked(row) for row in page.rows), page.newer, page.older)


def count_reviews_by_split(actor: Actor, chosen: ReviewFilter, *, most: int) -> Mapping[ReviewSplit, int]:
    """How many there are of each part where the other filters hold; `most` + 1 are more, one missing is unknown."""
    actor.require(Permission.ORCHESTRATIONS_VIEW)
    with tenant_session(actor) as session:
        return count_by_split(session, actor, chosen=chosen, most=most)


def list_reviewer_choices(actor: Actor, *, wanted: Sequence[UUID] = (), limit: int = 500) -> Mapping[UUID, str]:
    """People who may be named as reviewers, by their names, and those `wanted` whoever they are by now."""
    actor.require(Permission.PROJECTS_VIEW)
    with tenant_session(actor) as session:
        return queries.list_reviewers(session, limit=limit) | name_people(session, wanted)


def get_review(actor: Actor, review_id: UUID) -> Review:
    """One review, with the answer and what people said of it. Raises `NotFound`."""
    actor.require(Permission.ORCHESTRATIONS_VIEW)
    with tenant_session(actor) as session:
        row = _get(session, actor, review_id)
        text = row.answer if row.edited is None else row.edited
        return Review(
            summary=_summary(row),
            instructions=row.instructions,
            reviewers=_name_reviewers(session, row.reviewers),
            words=_words(actor, queries.list_words(session, review_id), seen=digest(text)),
            answer=row.answer,
            edited=row.edited,
            seen=digest(text),
            may_decide=row.decided_at is None and bool(row.is_reviewer) and actor.may(Permission.ORCHESTRATIONS_REVIEW),
            is_own_run=row.launcher_id == actor.user_id,
            is_escalated=row.escalated_at is not None,
            others=_count_others(session, row) if row.decided_at is None else 0,
        )


def decide_review(
    actor: Actor, review_id: UUID, decision: Decision, *, seen: str, comment: str = "", edited: str | None = None
) -> Decided:
    """Say one's word on an answer that waits; it may be changed for as long as nobody has decided.

    `seen` is `Review.seen` of the text that the person looked at, `edited` what they made of it. Raises `InvalidInput`,
    `NotFound`, `NotPermitted`, and `Conflict` that says what was decided, or that the text is another one by now.
    """
    actor.require(Permission.ORCHESTRATIONS_REVIEW)
    comment = clean_text(comment, field="Comment", longest=MAX_COMMENT, required=decision in WITH_COMMENT)
    response = None
    if decision is Decision.APPROVE_WITH_EDITS:
        response = _clean_edit(actor, review_id, edited or "", seen=seen)
    with tenant_session(actor) as session:
        _get_own(session, actor, review_id)
        found = queries.decide(session, review_id, decision=decision, comment=comment, response=response, seen=seen)
        _refuse(found)
        outcome = None if found["state"] == "recorded" else ReviewOutcome(found["state"])
        return Decided(outcome=outcome, approvals=found["approvals"], required_approvals=found["required"])


def digest(text: str) -> str:
    """What a decision names the text by that it is about."""
    return sha256(text.encode()).hexdigest()


def _clean_edit(actor: Actor, review_id: UUID, edited: str, *, seen: str) -> str:
    """What a person made of the answer. It is held against what the phase asks for while no transaction is open."""
    with tenant_session(actor) as session:
        row = _get_own(session, actor, review_id)
        stored = queries.read_output(session, actor, review_id)
    text = row.answer if row.edited is None else row.edited
    if digest(text) == seen and compose_text(edited) == compose_text(text):
        message = "Nothing in the answer was changed. Approve it as it is, or change it."
        raise InvalidInput(message, field="Answer")
    response = clean_text(edited, field="Answer", longest=MAX_ANSWER)
    output = read_stored(PhaseOutput, stored or {}, what="What the phase asks for")
    if faults := check_answer(output, response):
        message = f"Later phases read this answer as JSON, and it is not what they need: {'; '.join(faults)}."
        raise InvalidInput(message, field="Answer")
    return response


def _refuse(found: Mapping[str, Any]) -> None:
    """Raise what speaks against the word; nothing was written then."""
    match found["state"]:
        case "not_found":
            raise NotFound("review")
        case "decided":
            message = "The run has ended, so there is nothing to decide any more."
            if found["by"] and found["outcome"] in _OUTCOMES:
                message = (
                    f"{found['by']} was first: the answer is {_OUTCOMES[found['outcome']]}. Your word was not needed."
                )
            raise Conflict(message)
        case "changed":
            message = "Somebody has edited the answer since you opened it. Look at it as it is now, then decide."
            raise Conflict(message)
        case "too_many":
            message = "This phase was sent back twenty times already. Edit the answer yourself, or reject it."
            raise Conflict(message)


def _get(session: Session, actor: Actor, review_id: UUID) -> Row[*tuple[Any, ...]]:
    row = queries.find_review(session, actor, review_id)
    if row is None:
        raise NotFound("review")
    return row


def _get_own(session: Session, actor: Actor, review_id: UUID) -> Row[*tuple[Any, ...]]:
    """A review that the person may decide, as far as who they are goes."""
    row = _get(session, actor, review_id)
    if not row.is_reviewer:
        message = "This review names who decides, and you are not among them. Ask one of those, or an admin."
        raise NotPermitted(Permission.ORCHESTRATIONS_REVIEW, message, who=actor)
    return row


def _count_others(session: Session, row: Row[*tuple[Any, ...]]) -> int:
    """How many others may decide as it stands: admins too once it is overdue and that was told."""
    named = tuple(row.reviewers)
    named = (*named, Role.ADMIN) if named and row.escalated_at else named
    return queries.count_other_reviewers(session, [named])[named]


def _asked(row: Row[*tuple[Any, ...]]) -> ReviewSummary:
    kind = find_kinds().get(row.operation_type or "")
    return ReviewSummary(
        id=row.id,
        run_id=row.run_id,
        run_title=row.run_title,
        phase_name=row.phase_name,
        phase_position=row.phase_position,
        attempt=row.attempt,
        operation=row.operation_name or (kind.label if kind else row.operation_type),
        project_name=row.project_name,
        launched_by=row.launched_by,
        requested_at=row.requested_at,
        due_at=row.due_at,
        decided_at=row.decided_at,
        outcome=ReviewOutcome(row.outcome) if row.outcome else None,
        decided_by=row.decided_by,
        approvals=row.approvals,
        required_approvals=row.required_approvals,
    )


def _summary(row: Row[*tuple[Any, ...]]) -> ReviewSummary:
    values = dict(zip(queries.SUMMARY, row, strict=False))  # what else is asked of it stands behind
    outcome = values["outcome"]
    return ReviewSummary(**values | {"outcome": ReviewOutcome(outcome) if outcome else None})


def _words(actor: Actor, rows: Iterable[Row[*tuple[Any, ...]]], *, seen: str) -> tuple[Word, ...]:
    """All that was said, in its order, also where they have said something else since; `seen` names the text."""
    found = []
    for row in rows:
        each: tuple[Any, ...] = (*read_earlier(row.earlier), row)
        for said in each:
            is_approval = said.decision in {Decision.APPROVE, Decision.APPROVE_WITH_EDITS}
            word = Word(
                reviewer=Person(**row.reviewer),
                is_mine=row.reviewer_id == actor.user_id,
                decision=Decision(said.decision),
                comment=said.comment,
                is_counted=said is row and row.is_counted,
                has_lapsed=is_approval and said.answer_digest != seen,
                is_replaced=said is not row,
                said_at=said.said_at,
            )
            found.append(word)
    return tuple(sorted(found, key=lambda word: word.said_at))


def _name_reviewers(session: Session, reviewers: Sequence[str]) -> tuple[str, ...]:
    """Roles and people, as a person reads them; somebody who is gone is not named."""
    ids = [UUID(word) for word in reviewers if word not in _ROLES]
    names = name_people(session, ids) if ids else {}
    return tuple(found for word in reviewers if (found := _ROLES.get(word) or names.get(UUID(word))))
