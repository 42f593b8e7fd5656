"""Requests for somebody's word about a template: made, put in another's place, decided and seen."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from lib import clock
from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.errors import Conflict, NotFound
from lib.models.template import OrchestrationTemplate, ReviewDecision, TemplateReview
from lib.templates.access import get_own, lock_to_decide
from lib.templates.versions import queries
from lib.templates.views import ReviewRequest
from lib.users.views import Person


def card_of(template: OrchestrationTemplate) -> dict[str, Any]:
    """What stands on its card, as `api.card_of` writes it."""
    return {
        "name": template.name,
        "description": template.description or "",
        "category": template.category or "",
        "tags": list(template.tags),
    }


def put_card(template: OrchestrationTemplate, card: Mapping[str, Any]) -> None:
    """Let it say what was agreed to."""
    template.name, template.tags = card["name"], list(card["tags"])
    template.description, template.category = card["description"] or None, card["category"] or None


def request(
    session: Session,
    actor: Actor,
    template: OrchestrationTemplate,
    *,
    version: int,
    makes_public: bool,
    card: Mapping[str, Any] | None = None,
) -> None:
    """Ask somebody else to agree to a version, and to the card that everybody is to read with it.

    Without `card` that is the one that stands there. A draft is in review from then on, until it is decided
    (`api.follow_review`). Raises `Conflict` where another request waits already.
    """
    waiting = queries.find_waiting(session, template.id)
    if waiting is not None:
        message = f"Version {waiting.version} waits for a decision already. Decide about that one first."
        raise Conflict(message)
    said = dict(card or card_of(template)) if makes_public else None
    session.add(
        TemplateReview(
            organization_id=actor.organization_id,
            template_id=template.id,
            version=version,
            makes_public=makes_public,
            card=said,
            requested_by=actor.user_id,
        )
    )
    session.flush()


def take_back(session: Session, actor: Actor, template_id: UUID) -> TemplateReview | None:
    """Withdraw what one has asked for, because something newer takes its place, and return it.

    Raises `Conflict` for another's request.
    """
    waiting = queries.find_waiting(session, template_id)
    if waiting is None:
        return None
    if waiting.requested_by != actor.user_id:
        message = f"Version {waiting.version} of somebody else waits for a decision. Decide about that one first."
        raise Conflict(message)
    decide(session, actor, waiting, ReviewDecision.WITHDRAWN)
    return waiting


def settle(session: Session, actor: Actor, template_id: UUID, *, version: int, is_public: bool) -> None:
    """Close the request for what is done without it now: as agreed to by who does it, or taken back by who asked."""
    waiting = queries.find_waiting(session, template_id)
    if waiting is not None and waiting.version == version and (is_public or not waiting.makes_public):
        is_own = waiting.requested_by == actor.user_id
        decide(session, actor, waiting, ReviewDecision.WITHDRAWN if is_own else ReviewDecision.APPROVED)


def refuse_public(session: Session, actor: Actor, template_id: UUID, *, why: str) -> None:
    """Say no to a request that would make it public, or take back one's own."""
    waiting = queries.find_waiting(session, template_id)
    if waiting is not None and waiting.makes_public:
        is_own = waiting.requested_by == actor.user_id
        decision = ReviewDecision.WITHDRAWN if is_own else ReviewDecision.REJECTED
        decide(session, actor, waiting, decision, comment="" if is_own else why)


def decide(
    session: Session, actor: Actor, review: TemplateReview, decision: ReviewDecision, *, comment: str = ""
) -> None:
    """Written first: the template's own guard looks for it."""
    review.decision, review.decided_by, review.decided_at = decision, actor.user_id, clock.now()
    review.comment = comment or None
    session.flush()


def get_waiting(
    session: Session, actor: Actor, review_id: UUID, *, to_decide: bool
) -> tuple[TemplateReview, OrchestrationTemplate]:
    """The request and its template, both locked, the template first as everywhere.

    To decide needs templates.publish alone. Raises `NotFound`, `NotPermitted`, and `Conflict` once it is decided.
    """
    seen = queries.load_review(session, review_id)
    if seen is None:
        raise NotFound("request")
    template = (lock_to_decide if to_decide else get_own)(session, actor, seen.template_id)
    review = queries.load_review(session, review_id, for_update=True)
    if review is None:
        raise NotFound("request")
    if review.decision is not None:
        message = f"This request is {review.decision} by now. Reload to see it."
        raise Conflict(message)
    return review, template


def find_review(session: Session, actor: Actor, template_id: UUID) -> ReviewRequest | None:
    """The newest request about a template, as the person sees it."""
    found = queries.find_review(session, template_id)
    if found is None:
        return None
    review: TemplateReview = found.TemplateReview
    is_mine, is_waiting = review.requested_by == actor.user_id, review.decision is None
    return ReviewRequest(
        id=review.id,
        version=review.version,
        makes_public=review.makes_public,
        card=review.card,
        requested_by=Person(**found.requester),
        requested_at=review.created_at,
        decision=ReviewDecision(review.decision) if review.decision else None,
        decided_by=Person(**found.decider) if found.decider else None,
        decided_at=review.decided_at,
        comment=review.comment or "",
        may_decide=is_waiting and not is_mine and actor.may(Permission.TEMPLATES_PUBLISH),
        may_withdraw=is_waiting and is_mine,
    )
