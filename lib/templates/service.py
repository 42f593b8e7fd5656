"""What people do with templates: read, make, fork, save versions of, roll back, retire."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy.orm import Session

from lib import clock
from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.db.session import tenant_session
from lib.entry import clean_line, clean_text
from lib.errors import Conflict, InvalidInput, NotFound
from lib.models.template import OrchestrationTemplate, TemplateStatus
from lib.organizations.queries import read_settings
from lib.templates import publishing, queries, reviews
from lib.templates.access import get_launchable, get_own, get_row, read_data, require_publisher
from lib.templates.gallery import summary_of
from lib.templates.structure import TemplateData, parse_template
from lib.templates.versions import queries as version_queries
from lib.templates.versions.service import add_version, check_data, clean_note
from lib.templates.views import (
    TemplateDetail,
    TemplateToLaunch,
)
from lib.users.views import Person

MAX_NAME = 255
MAX_DESCRIPTION = 2_000
MAX_CATEGORY = 100
MAX_TAGS, MAX_TAG = 20, 50

#: What a new template says until somebody says more.
STARTER: Mapping[str, object] = {
    "schema_version": 1,
    "phases": [{"code": "Phase 1", "name": "First phase", "prompt": "Write about {{ topic }}."}],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateDetails:
    """What stands on a template's card, not yet checked."""

    name: str
    description: str = ""
    category: str = ""
    tags: Sequence[str] = field(default_factory=tuple)


def get_template(actor: Actor, template_id: UUID) -> TemplateDetail:
    """One template. Raises `NotFound`, and `PlanInvalid` for one that a newer version wrote."""
    actor.require(Permission.TEMPLATES_VIEW)
    with tenant_session(actor) as session:
        found = queries.find_template(session, actor, template_id)
        if found is None:
            raise NotFound("template")
        is_own = found.organization_id == actor.organization_id
        needs_approval = publishing.needs_approval(session, actor)
        return TemplateDetail(
            **summary_of(actor, found),
            data=parse_template(found.template_data),
            card_description=found.card_description or "",
            maker=Person(**found.maker) if found.maker else None,
            created_at=found.created_at,
            forked_from=(found.forked_from, found.source) if found.source else None,
            launches=found.usage_count,
            newest_version=max(found.newest or 0, found.version),
            review=reviews.find_review(session, actor, template_id) if is_own else None,
            needs_approval=needs_approval,
            card_needs_word=is_own and found.is_public and needs_approval,
            needs_word=is_own and publishing.needs_word(session, actor, found),
        )


def get_template_to_launch(actor: Actor, template_id: UUID) -> TemplateToLaunch:
    """What the launch form asks of a template. Raises `NotFound`, `PlanInvalid`."""
    actor.require(Permission.TEMPLATES_VIEW)
    with tenant_session(actor) as session:
        template = get_launchable(session, actor, template_id)
        data = read_data(actor, template)
        return TemplateToLaunch(
            id=template.id,
            name=template.name,
            description=template.description or data.description,
            version=template.version,
            phase_names=tuple(phase.name for phase in data.phases),
            inputs=data.inputs,
            model=data.model,
            has_operations=any(phase.operations for phase in data.phases),
            lets_operate=read_settings(session, actor.organization_id).integration_enabled,
        )


def create_template(actor: Actor, details: TemplateDetails, data: object = STARTER, *, note: str = "") -> UUID:
    """Make a draft with its first version and return its id. Raises `InvalidInput`, `PlanInvalid`, `NotPermitted`."""
    actor.require(Permission.TEMPLATES_CREATE)
    columns, parsed, note = check_details(details), check_data(data), clean_note(note)
    with tenant_session(actor) as session:
        return _add(session, actor, columns, parsed, note=note)


def fork_template(actor: Actor, template_id: UUID) -> UUID:
    """Make a draft of one's own out of what a template says now, and return its id. Raises `NotFound`."""
    actor.require(Permission.TEMPLATES_CREATE)
    # one moment: the database looks for the source as well, and finds it as it was found here
    with tenant_session(actor, is_one_moment=True) as session:
        source = get_row(session, template_id)
        details = TemplateDetails(
            name=f"Copy of {source.name}"[:MAX_NAME],
            description=source.description or "",
            category=source.category or "",
            tags=tuple(source.tags),
        )
        # without the source's name: the note is read wherever the copy is
        note = f"Forked from version {source.version}"
        data = check_data(read_data(actor, source).to_json())
        return _add(session, actor, check_details(details), data, forked_from=template_id, note=note)


def update_details(actor: Actor, template_id: UUID, details: TemplateDetails) -> bool:
    """Change what stands on the card, or ask for that where everybody reads it; says whether it stands there now.

    Raises `InvalidInput`, `NotFound`, `NotPermitted`, `Conflict`.
    """
    columns = check_details(details)
    with tenant_session(actor) as session:
        template = get_own(session, actor, template_id)
        require_publisher(actor, template)
        card = {name: value or "" for name, value in columns.items() if name != "tags"} | {"tags": columns["tags"]}
        if card == reviews.card_of(template):
            return True
        is_asked = template.is_public and publishing.needs_approval(session, actor)
        waiting = version_queries.find_waiting(session, template_id)
        if is_asked or (waiting is not None and waiting.makes_public):
            earlier = reviews.take_back(session, actor, template_id)
            version = earlier.version if earlier else template.version
            reviews.request(session, actor, template, version=version, makes_public=True, card=card)
        if not is_asked:
            reviews.put_card(template, card)
        return not is_asked


def retire_template(actor: Actor, template_id: UUID) -> None:
    """Offer it to nobody any more; runs that used it keep what they need. Raises `NotFound`, `NotPermitted`."""
    with tenant_session(actor) as session:
        template = get_own(session, actor, template_id)
        require_publisher(actor, template)
        if version_queries.find_waiting(session, template_id) is not None:
            message = "A version of it waits for a decision. Decide about that first, or take the request back."
            raise Conflict(message)
        template.status, template.is_public = TemplateStatus.RETIRED, False


def restore_template(actor: Actor, template_id: UUID) -> None:
    """Take a retired one back, as a draft. Raises `NotFound`, `NotPermitted`, `Conflict`."""
    with tenant_session(actor) as session:
        template = get_own(session, actor, template_id)
        if template.status != TemplateStatus.RETIRED:
            message = "This template is not retired any more. Reload to see it."
            raise Conflict(message)
        template.status = TemplateStatus.DRAFT


def delete_template(actor: Actor, template_id: UUID) -> None:
    """Remove a draft or a retired one from every list. Raises `NotFound`, `NotPermitted`, `Conflict`."""
    with tenant_session(actor) as session:
        template = get_own(session, actor, template_id)
        if version_queries.find_waiting(session, template_id) is not None:
            message = "A version of it waits for a decision. Decide about that first, or take the request back."
            raise Conflict(message)
        if template.status not in {TemplateStatus.DRAFT, TemplateStatus.RETIRED}:
            message = "Others may rely on it. Retire it first; then it can be deleted."
            raise Conflict(message)
        template.deleted_at = clock.now()


def _add(
    session: Session,
    actor: Actor,
    columns: Mapping[str, object],
    data: TemplateData,
    *,
    note: str,
    forked_from: UUID | None = None,
) -> UUID:
    template = OrchestrationTemplate(
        organization_id=actor.organization_id,
        created_by=actor.user_id,
        template_data=data.to_json(),
        forked_from=forked_from,
        **columns,
    )
    session.add(template)
    session.flush()
    add_version(session, actor, template, data, version=1, note=note)
    return template.id


def check_details(details: TemplateDetails) -> dict[str, object]:
    """The columns as they are stored, or `InvalidInput`."""
    tags = dict.fromkeys(clean_line(tag, field="Tags", longest=MAX_TAG).lower() for tag in details.tags if tag.strip())
    if len(tags) > MAX_TAGS:
        message = f"There are {len(tags)} tags; {MAX_TAGS} is the most. Keep those that people search for."
        raise InvalidInput(message, field="Tags")
    return {
        "name": clean_line(details.name, field="Name", longest=MAX_NAME),
        "description": clean_text(details.description, field="Description", longest=MAX_DESCRIPTION, required=False)
        or None,
        "category": clean_line(details.category, field="Category", longest=MAX_CATEGORY, required=False) or None,
        "tags": list(tags),
    }
