"""What people do with templates: read, make, fork, save versions of, roll back, retire."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from lib import clock
from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.db.session import tenant_session
from lib.entry import clean_line, clean_text
from lib.errors import Conflict, InvalidInput, NotFound
from lib.models.template import OrchestrationTemplate, TemplateStatus
from lib.organizations.queries import read_settings
from lib.templates import publishing, queries
from lib.templates.access import get_own, get_row, load_launchable, require_publisher
from lib.templates.gallery import summary_of
from lib.templates.structure import parse_template
from lib.templates.versions import queries as version_queries
from lib.templates.versions.service import MAX_NOTE, add_version, check_data, clean_note
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
    "phases": [{"code": "Phase 0", "name": "First phase", "prompt": "Write about {{ topic }}."}],
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
        template: OrchestrationTemplate = found.OrchestrationTemplate
        is_own = template.organization_id == actor.organization_id
        return TemplateDetail(
            **summary_of(actor, found),
            data=parse_template(template.template_data),
            maker=Person(**found.maker) if is_own and found.maker else None,
            created_at=template.created_at,
            forked_from=(template.forked_from, found.source) if template.forked_from and found.source else None,
            launches=template.usage_count if is_own else None,
            newest_version=max(found.newest or 0, template.version),
            review=publishing.find_review(session, actor, template_id) if is_own else None,
            needs_approval=read_settings(session, actor.organization_id).publishing.requires_approval,
            needs_word=is_own and publishing.needs_word(session, actor, template),
        )


def get_template_to_launch(actor: Actor, template_id: UUID) -> TemplateToLaunch:
    """What the launch form asks of a template. Raises `NotFound`, `PlanInvalid`."""
    actor.require(Permission.TEMPLATES_VIEW)
    with tenant_session(actor) as session:
        template = load_launchable(session, actor, template_id)
        data = parse_template(template.template_data)
        return TemplateToLaunch(
            id=template.id,
            name=template.name,
            description=template.description or data.description,
            version=template.version,
            phase_names=tuple(phase.name for phase in data.phases),
            inputs=data.inputs,
            model=data.model,
        )


def create_template(
    actor: Actor, details: TemplateDetails, data: object = STARTER, *, forked_from: UUID | None = None, note: str = ""
) -> UUID:
    """Make a draft with its first version and return its id. Raises `InvalidInput`, `PlanInvalid`, `NotPermitted`."""
    actor.require(Permission.TEMPLATES_CREATE)
    columns, parsed, note = check_details(details), check_data(data), clean_note(note)
    with tenant_session(actor) as session:
        template = OrchestrationTemplate(
            organization_id=actor.organization_id,
            created_by=actor.user_id,
            template_data=parsed.to_json(),
            forked_from=forked_from,
            **columns,
        )
        session.add(template)
        session.flush()
        add_version(session, actor, template, parsed, version=1, note=note)
        return template.id


def fork_template(actor: Actor, template_id: UUID) -> UUID:
    """Make a draft of one's own out of what a template says now, and return its id. Raises `NotFound`."""
    actor.require(Permission.TEMPLATES_CREATE)
    with tenant_session(actor) as session:
        source = get_row(session, template_id)
        details = TemplateDetails(
            name=f"Copy of {source.name}"[:MAX_NAME],
            description=source.description or "",
            category=source.category or "",
            tags=tuple(source.tags),
        )
        data, version = source.template_data, source.version
    note = f"Forked from “{source.name}”, version {version}"
    return create_template(actor, details, data, forked_from=template_id, note=note[:MAX_NOTE])


def update_details(actor: Actor, template_id: UUID, details: TemplateDetails) -> None:
    """Change what stands on the card. Raises `InvalidInput`, `NotFound`, `NotPermitted`."""
    columns = check_details(details)
    with tenant_session(actor) as session:
        template = get_own(session, actor, template_id)
        require_publisher(actor, template)
        for name, value in columns.items():
            setattr(template, name, value)


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
        if template.status not in {TemplateStatus.DRAFT, TemplateStatus.RETIRED}:
            message = "Others may rely on it. Retire it first; then it can be deleted."
            raise Conflict(message)
        template.deleted_at = clock.now()


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
