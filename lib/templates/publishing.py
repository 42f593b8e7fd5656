"""Who relies on a template: its author, the organization, everybody. Where it is asked for, two people decide."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy.orm import Session

from lib import clock
from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.db.session import tenant_session
from lib.entry import clean_text
from lib.errors import Conflict, NotFound, NotPermitted
from lib.models.organization import Tier
from lib.models.template import OrchestrationTemplate, ReviewDecision, TemplateReview, TemplateStatus
from lib.organizations.queries import read_settings, read_tier
from lib.organizations.tiers import Feature, allows
from lib.templates.access import get_own
from lib.templates.versions import queries as version_queries
from lib.templates.views import ReviewRequest
from lib.users.views import Person

MAX_COMMENT = 2_000


def publish_template(actor: Actor, template_id: UUID) -> bool:
    """Offer it to the organization, or ask for that where the person may not; says whether it is offered now.

    Raises `NotFound`, `NotPermitted`, `Conflict`.
    """
    with tenant_session(actor) as session:
        template = get_own(session, actor, template_id)
        if template.status == TemplateStatus.PUBLISHED:
            message = "This template is published already. Reload to see it."
            raise Conflict(message)
        if actor.may(Permission.TEMPLATES_PUBLISH):
            template.status = TemplateStatus.PUBLISHED
            return True
        request(session, actor, template, version=template.version, makes_public=False)
        template.status = TemplateStatus.IN_REVIEW
        return False


def make_public(actor: Actor, template_id: UUID) -> bool:
    """Offer it to every organization, or ask somebody else for that; says whether it is public now.

    Raises `NotFound`, `NotPermitted`, `Conflict`.
    """
    with tenant_session(actor) as session:
        template = get_own(session, actor, template_id)
        actor.require(Permission.TEMPLATES_PUBLISH)
        _refuse_public(actor, template, tier=read_tier(session, actor.organization_id))
        requires_approval = read_settings(session, actor.organization_id).publishing.requires_approval
        if requires_approval and not version_queries.is_approved_as_public(session, template_id, template.version):
            request(session, actor, template, version=template.version, makes_public=True)
            return False
        template.status, template.is_public = TemplateStatus.PUBLISHED, True
        return True


def make_private(actor: Actor, template_id: UUID) -> None:
    """Keep it to the organization from now on. Raises `NotFound`, `NotPermitted`."""
    with tenant_session(actor) as session:
        template = get_own(session, actor, template_id)
        actor.require(Permission.TEMPLATES_PUBLISH)
        template.is_public = False


def approve(actor: Actor, review_id: UUID) -> None:
    """Offer the version that waits, as it was asked for. Raises `NotFound`, `NotPermitted`, `Conflict`."""
    with tenant_session(actor) as session:
        review, template = _get_to_decide(session, actor, review_id)
        version = version_queries.find_version(session, template.id, review.version)
        if version is None:
            raise NotFound("version")
        _decide(session, actor, review, ReviewDecision.APPROVED)
        offer(template, version.template_data, version=review.version)
        template.status, template.is_public = TemplateStatus.PUBLISHED, template.is_public or review.makes_public


def reject(actor: Actor, review_id: UUID, comment: str) -> None:
    """Leave everything as it is, and say why. Raises `InvalidInput`, `NotFound`, `NotPermitted`, `Conflict`."""
    said = clean_text(comment, field="Reason", longest=MAX_COMMENT)
    with tenant_session(actor) as session:
        review, template = _get_to_decide(session, actor, review_id)
        _decide(session, actor, review, ReviewDecision.REJECTED, comment=said)
        _leave_review(template)


def withdraw(actor: Actor, review_id: UUID) -> None:
    """Take one's own request back. Raises `NotFound`, `NotPermitted`, `Conflict`."""
    with tenant_session(actor) as session:
        review, template = _get_waiting(session, actor, review_id)
        if review.requested_by != actor.user_id:
            message = "Only who asked for it takes a request back. You can refuse it instead."
            raise NotPermitted(Permission.TEMPLATES_PUBLISH, message)
        _decide(session, actor, review, ReviewDecision.WITHDRAWN)
        _leave_review(template)


def needs_word(session: Session, actor: Actor, template: OrchestrationTemplate) -> bool:
    """Whether others rely on the template, so that somebody else has to agree to a new version of it."""
    if template.status != TemplateStatus.PUBLISHED:
        return False
    if not actor.may(Permission.TEMPLATES_PUBLISH):
        return True
    return template.is_public and read_settings(session, actor.organization_id).publishing.requires_approval


def offer(template: OrchestrationTemplate, data: Mapping[str, object], *, version: int) -> None:
    """Let runs be launched from that version."""
    template.template_data, template.version = dict(data), version


def request(
    session: Session, actor: Actor, template: OrchestrationTemplate, *, version: int, makes_public: bool
) -> None:
    """Ask somebody else to agree to a version. Raises `Conflict` where another one waits already."""
    waiting = version_queries.find_waiting(session, template.id)
    if waiting is not None:
        message = f"Version {waiting.version} waits for a decision already. Decide about that one first."
        raise Conflict(message)
    session.add(
        TemplateReview(
            organization_id=actor.organization_id,
            template_id=template.id,
            version=version,
            makes_public=makes_public,
            requested_by=actor.user_id,
        )
    )
    session.flush()


def withdraw_own_request(session: Session, actor: Actor, template_id: UUID) -> None:
    """Take back what one has asked for, because a newer version takes its place. `Conflict` for another's request."""
    waiting = version_queries.find_waiting(session, template_id)
    if waiting is None:
        return
    if waiting.requested_by != actor.user_id:
        message = f"Version {waiting.version} of somebody else waits for a decision. Decide about that one first."
        raise Conflict(message)
    _decide(session, actor, waiting, ReviewDecision.WITHDRAWN)


def find_review(session: Session, actor: Actor, template_id: UUID) -> ReviewRequest | None:
    """The newest request about a template, as the person sees it."""
    found = version_queries.find_review(session, template_id)
    if found is None:
        return None
    review: TemplateReview = found.TemplateReview
    is_mine, is_waiting = review.requested_by == actor.user_id, review.decision is None
    return ReviewRequest(
        id=review.id,
        version=review.version,
        makes_public=review.makes_public,
        requested_by=Person(**found.requester),
        requested_at=review.created_at,
        decision=ReviewDecision(review.decision) if review.decision else None,
        decided_by=Person(**found.decider) if found.decider else None,
        decided_at=review.decided_at,
        comment=review.comment or "",
        may_decide=is_waiting and not is_mine and actor.may(Permission.TEMPLATES_PUBLISH),
        may_withdraw=is_waiting and is_mine,
    )


def _get_to_decide(session: Session, actor: Actor, review_id: UUID) -> tuple[TemplateReview, OrchestrationTemplate]:
    actor.require(Permission.TEMPLATES_PUBLISH)
    review, template = _get_waiting(session, actor, review_id)
    if review.requested_by == actor.user_id:
        message = "You asked for this yourself, so somebody else decides. Anybody who may publish templates can."
        raise NotPermitted(Permission.TEMPLATES_PUBLISH, message)
    return review, template


def _get_waiting(session: Session, actor: Actor, review_id: UUID) -> tuple[TemplateReview, OrchestrationTemplate]:
    """The request and its template, both locked, the template first as everywhere."""
    seen = version_queries.load_review(session, review_id)
    if seen is None:
        raise NotFound("request")
    template = get_own(session, actor, seen.template_id)
    review = version_queries.load_review(session, review_id, for_update=True)
    if review is None:
        raise NotFound("request")
    if review.decision is not None:
        message = f"This request is {review.decision} by now. Reload to see it."
        raise Conflict(message)
    return review, template


def _decide(
    session: Session, actor: Actor, review: TemplateReview, decision: ReviewDecision, *, comment: str = ""
) -> None:
    """Written first: the template's own guard looks for it."""
    review.decision, review.decided_by, review.decided_at = decision, actor.user_id, clock.now()
    review.comment = comment or None
    session.flush()


def _leave_review(template: OrchestrationTemplate) -> None:
    if template.status == TemplateStatus.IN_REVIEW:
        template.status = TemplateStatus.DRAFT


def _refuse_public(actor: Actor, template: OrchestrationTemplate, *, tier: Tier) -> None:
    if not allows(tier, Feature.PUBLIC_PUBLISHING):
        message = (
            f"{Feature.PUBLIC_PUBLISHING} are not part of the tier {tier.capitalize()}. Ask the "
            "installation's operator for another tier."
        )
        raise Conflict(message)
    if actor.is_sample:
        message = "This is the sample workspace: its templates are nobody else's."
        raise Conflict(message)
    if template.is_public:
        message = "This template is public already. Reload to see it."
        raise Conflict(message)
    if template.status == TemplateStatus.RETIRED:
        message = "This template is retired. Restore it first."
        raise Conflict(message)
