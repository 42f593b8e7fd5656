"""The versions of a template: numbered, with author and note, never changed; the next one is saved on top."""

from uuid import UUID

from sqlalchemy.orm import Session

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.db.paging import Page
from lib.db.session import tenant_session
from lib.entry import clean_line
from lib.errors import Conflict, InvalidInput, NotFound
from lib.models.template import OrchestrationTemplate, TemplateReview, TemplateStatus, TemplateVersion
from lib.templates import publishing, reviews
from lib.templates.access import get_own, get_row
from lib.templates.conditions import check_conditions
from lib.templates.operations import check_operations
from lib.templates.rendering import check_prompts
from lib.templates.structure import TemplateData, parse_template
from lib.templates.versions import queries
from lib.templates.views import SavedVersion, TemplateVersionSummary
from lib.users.views import Person

MAX_NOTE = 500


def save_version(actor: Actor, template_id: UUID, data: object, *, base_version: int, note: str = "") -> SavedVersion:
    """Add the next version, which is offered at once unless somebody else has to agree first.

    Where an earlier one of its author's waits for that, this one waits in its place.
    `base_version` is the newest that its author had seen: a newer one is a `Conflict`. Raises `InvalidInput`,
    `PlanInvalid`, `NotFound`, `NotPermitted`.
    """
    parsed, note = check_data(data), clean_note(note)
    with tenant_session(actor) as session:
        template = get_own(session, actor, template_id)
        newest = queries.newest_version(session, template_id)
        if template.status == TemplateStatus.RETIRED:
            message = "This template is retired. Restore it first, then save a version."
            raise Conflict(message)
        if newest != base_version:
            message = (
                f"Version {newest} was saved meanwhile; yours began with {base_version}. Your draft is kept: compare "
                "the two, then save it on top."
            )
            raise Conflict(message)
        before = queries.find_version(session, template_id, newest)
        if before is not None and before.template_data == parsed.to_json():
            message = f"Nothing differs from version {newest}, so there is nothing to save."
            raise InvalidInput(message)
        earlier = reviews.take_back(session, actor, template_id)
        add_version(session, actor, template, parsed, version=newest + 1, note=note)
        return _offer_or_ask(session, actor, template, parsed, version=newest + 1, earlier=earlier)


def roll_back(actor: Actor, template_id: UUID, version: int) -> SavedVersion:
    """Save what an older version says as the next one. Raises as `save_version`."""
    with tenant_session(actor) as session:
        older = _get_version(session, template_id, version)
        newest = queries.newest_version(session, template_id)
    return save_version(actor, template_id, older.template_data, base_version=newest, note=f"Back to version {version}")


def list_versions(
    actor: Actor, template_id: UUID, *, cursor: str | None = None, limit: int = 20
) -> Page[TemplateVersionSummary]:
    """A page of the versions of a template of one's own organization; of others' there are none to be seen."""
    actor.require(Permission.TEMPLATES_VIEW)
    with tenant_session(actor) as session:
        offered = get_row(session, template_id).version
        page = queries.list_versions(session, template_id, cursor=cursor, limit=limit)
        versions = tuple(
            TemplateVersionSummary(
                version=row.version,
                author=Person(**row.author) if row.author else None,
                note=row.note or "",
                created_at=row.created_at,
                is_offered=row.version == offered,
            )
            for row in page.rows
        )
        return Page(versions, page.newer, page.older)


def get_version_data(actor: Actor, template_id: UUID, version: int) -> TemplateData:
    """What one version says. Raises `NotFound`, `PlanInvalid`."""
    actor.require(Permission.TEMPLATES_VIEW)
    with tenant_session(actor) as session:
        return parse_template(_get_version(session, template_id, version).template_data)


def check_data(data: object) -> TemplateData:
    """What a template says, as it can be saved. Raises `PlanInvalid` with one line a fault."""
    parsed = parse_template(data)
    check_prompts(parsed)
    check_conditions(parsed)
    check_operations(parsed)
    return parsed


def clean_note(note: str) -> str:
    """What the author says of a version, on one line. Raises `InvalidInput`."""
    return clean_line(note, field="Note", longest=MAX_NOTE, required=False)


def add_version(
    session: Session, actor: Actor, template: OrchestrationTemplate, data: TemplateData, *, version: int, note: str
) -> None:
    """Keep what a template says under that number."""
    session.add(
        TemplateVersion(
            organization_id=template.organization_id,
            template_id=template.id,
            version=version,
            template_data=data.to_json(),
            note=note or None,
            created_by=actor.user_id,
        )
    )
    session.flush()


def _offer_or_ask(
    session: Session,
    actor: Actor,
    template: OrchestrationTemplate,
    data: TemplateData,
    *,
    version: int,
    earlier: TemplateReview | None,
) -> SavedVersion:
    """Offer the version, or ask for somebody's word; what was asked about an `earlier` one is asked about this one."""
    needs_word = publishing.needs_word(session, actor, template)
    if not needs_word:
        publishing.offer(template, data.to_json(), version=version)
    waits_already = template.status == TemplateStatus.IN_REVIEW or (earlier is not None and earlier.makes_public)
    if needs_word or waits_already:
        makes_public = template.is_public or (earlier is not None and earlier.makes_public)
        card = earlier.card if earlier else None
        reviews.request(session, actor, template, version=version, makes_public=makes_public, card=card)
    return SavedVersion(
        version=version,
        is_offered=not needs_word and template.status != TemplateStatus.IN_REVIEW,
        replaces=earlier.version if earlier and (needs_word or waits_already) else None,
    )


def _get_version(session: Session, template_id: UUID, version: int) -> TemplateVersion:
    found = queries.find_version(session, template_id, version)
    if found is None:
        raise NotFound("version")
    return found
