"""Who relies on a template: its author, the organization, everybody. Where it is asked for, two people decide."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.orm import Session

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.db.session import tenant_session
from lib.entry import clean_text
from lib.errors import Conflict, NotFound, NotPermitted
from lib.models.template import OrchestrationTemplate, ReviewDecision, TemplateReview, TemplateStatus
from lib.organizations.queries import read_settings, read_tier
from lib.organizations.tiers import Feature, require_feature
from lib.templates import reviews
from lib.templates.access import get_own
from lib.templates.structure import parse_template
from lib.templates.versions import queries as version_queries

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
            reviews.settle(session, actor, template_id, version=template.version, is_public=False)
            template.status = TemplateStatus.PUBLISHED
            return True
        reviews.request(session, actor, template, version=template.version, makes_public=False)
        return False


def make_public(actor: Actor, template_id: UUID) -> bool:
    """Offer it to every organization, or ask somebody else for that; says whether it is public now.

    Raises `NotFound`, `NotPermitted`, `Conflict`.
    """
    with tenant_session(actor) as session:
        template = get_own(session, actor, template_id)
        actor.require(Permission.TEMPLATES_PUBLISH)
        require_public_tier(session, actor)
        _refuse_public(template)
        if needs_approval(session, actor) and not _is_approved(session, template, template.version):
            reviews.request(session, actor, template, version=template.version, makes_public=True)
            return False
        reviews.settle(session, actor, template_id, version=template.version, is_public=True)
        template.status, template.is_public = TemplateStatus.PUBLISHED, True
        return True


def make_private(actor: Actor, template_id: UUID) -> None:
    """Keep it to the organization from now on, also what waits to be public. Raises `NotFound`, `NotPermitted`."""
    with tenant_session(actor) as session:
        template = get_own(session, actor, template_id)
        actor.require(Permission.TEMPLATES_PUBLISH)
        why = "The template was made private meanwhile. Ask again, and the version is for the organization."
        reviews.refuse_public(session, actor, template_id, why=why)
        template.is_public = False


def offer_version(actor: Actor, template_id: UUID, version: int) -> bool:
    """Let runs be launched from a version that is there, or ask for that; says whether it is offered now.

    Raises `NotFound`, `NotPermitted`, `Conflict`, `PlanInvalid`.
    """
    with tenant_session(actor) as session:
        template = get_own(session, actor, template_id)
        found = version_queries.find_version(session, template_id, version)
        if found is None:
            raise NotFound("version")
        _refuse_to_offer(template, version)
        parse_template(found.template_data)
        is_free = not needs_word(session, actor, template) or (
            actor.may(Permission.TEMPLATES_PUBLISH) and _is_approved(session, template, version)
        )
        if not is_free:
            reviews.request(session, actor, template, version=version, makes_public=template.is_public)
            return False
        reviews.settle(session, actor, template_id, version=version, is_public=template.is_public)
        offer(template, found.template_data, version=version)
        return True


def approve(actor: Actor, review_id: UUID) -> None:
    """Offer the version that waits, as it was asked for. Raises `NotFound`, `NotPermitted`, `Conflict`."""
    with tenant_session(actor) as session:
        review, template = _get_to_decide(session, actor, review_id)
        version = version_queries.find_version(session, template.id, review.version)
        if version is None:
            raise NotFound("version")
        if review.makes_public:
            require_public_tier(session, actor)
        reviews.decide(session, actor, review, ReviewDecision.APPROVED)
        offer(template, version.template_data, version=review.version)
        if review.card is not None:
            reviews.put_card(template, review.card)
        template.status, template.is_public = TemplateStatus.PUBLISHED, template.is_public or review.makes_public


def reject(actor: Actor, review_id: UUID, comment: str) -> None:
    """Leave everything as it is, and say why. Raises `InvalidInput`, `NotFound`, `NotPermitted`, `Conflict`."""
    said = clean_text(comment, field="Reason", longest=MAX_COMMENT)
    with tenant_session(actor) as session:
        review, _ = _get_to_decide(session, actor, review_id)
        reviews.decide(session, actor, review, ReviewDecision.REJECTED, comment=said)


def withdraw(actor: Actor, review_id: UUID) -> None:
    """Take one's own request back. Raises `NotFound`, `NotPermitted`, `Conflict`."""
    with tenant_session(actor) as session:
        review, _ = reviews.get_waiting(session, actor, review_id, to_decide=False)
        if review.requested_by != actor.user_id:
            message = "Only who asked for it takes a request back. You can refuse it instead."
            raise NotPermitted(Permission.TEMPLATES_PUBLISH, message, who=actor)
        reviews.decide(session, actor, review, ReviewDecision.WITHDRAWN)


def needs_word(session: Session, actor: Actor, template: OrchestrationTemplate | Row[*tuple[Any, ...]]) -> bool:
    """Whether others rely on the template, so that somebody else has to agree to a new version of it."""
    if template.status != TemplateStatus.PUBLISHED:
        return False
    if not actor.may(Permission.TEMPLATES_PUBLISH):
        return True
    return template.is_public and needs_approval(session, actor)


def needs_approval(session: Session, actor: Actor) -> bool:
    """Whether the organization has a second person agree to what every organization reads."""
    return read_settings(session, actor.organization_id).publishing.requires_approval


def offer(template: OrchestrationTemplate, data: Mapping[str, object], *, version: int) -> None:
    """Let runs be launched from that version."""
    template.template_data, template.version = dict(data), version


def require_public_tier(session: Session, actor: Actor) -> None:
    """Raise `Conflict` where the organization publishes nothing to everybody."""
    require_feature(read_tier(session, actor.organization_id), Feature.PUBLIC_PUBLISHING, verb="are")
    if actor.is_sample:
        message = "This is the sample workspace: its templates are nobody else's."
        raise Conflict(message)


def _is_approved(session: Session, template: OrchestrationTemplate, version: int) -> bool:
    """Whether somebody has agreed to that version's being public with the card as it is."""
    return version_queries.is_approved_as_public(session, template.id, version, card=reviews.card_of(template))


def _get_to_decide(session: Session, actor: Actor, review_id: UUID) -> tuple[TemplateReview, OrchestrationTemplate]:
    actor.require(Permission.TEMPLATES_PUBLISH)
    review, template = reviews.get_waiting(session, actor, review_id, to_decide=True)
    if review.requested_by == actor.user_id:
        message = "You asked for this yourself, so somebody else decides. Anybody who may publish templates can."
        raise NotPermitted(Permission.TEMPLATES_PUBLISH, message, who=actor)
    return review, template


def _refuse_to_offer(template: OrchestrationTemplate, version: int) -> None:
    if template.status == TemplateStatus.RETIRED:
        message = "This template is retired. Restore it first."
        raise Conflict(message)
    if template.status == TemplateStatus.IN_REVIEW:
        message = "A version of it waits for a decision. Decide about that first, or take the request back."
        raise Conflict(message)
    if template.version == version:
        message = f"Version {version} is offered already. Reload to see it."
        raise Conflict(message)


def _refuse_public(template: OrchestrationTemplate) -> None:
    if template.is_public:
        message = "This template is public already. Reload to see it."
        raise Conflict(message)
    if template.status == TemplateStatus.RETIRED:
        message = "This template is retired. Restore it first."
        raise Conflict(message)
