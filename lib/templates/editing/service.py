"""The draft of a template's next version: opened, changed with every edit, and saved as a version or discarded."""

import json
from collections.abc import Callable
from typing import Final
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.db.session import tenant_session
from lib.errors import Conflict, InvalidInput, NotFound
from lib.models.template import TemplateDraft, TemplateStatus
from lib.quoting import cut
from lib.storable import storable_json
from lib.templates import publishing
from lib.templates.access import get_editable
from lib.templates.editing import content as drafts
from lib.templates.editing.content import Content
from lib.templates.editing.queries import find_draft, find_newest, lock_draft
from lib.templates.editing.views import Desk, NewestVersion
from lib.templates.sandbox import MAX_PROMPT_BYTES
from lib.templates.versions.service import save_version
from lib.templates.views import SavedVersion
from lib.users.views import Person

#: Room for what can't be saved yet, such as prompts that are to be shortened; and no more.
MAX_BYTES: Final = 2_000_000


def open_desk(actor: Actor, template_id: UUID) -> Desk:
    """The template with the person's draft; where they have none, what the newest version says.

    Raises `NotFound`, `NotPermitted`.
    """
    with tenant_session(actor, is_one_moment=True) as session:
        template = get_editable(session, actor, template_id)
        newest, draft = _get_newest(session, template_id), find_draft(session, actor, template_id)
        return Desk(
            template_id=template_id,
            name=template.name,
            status=TemplateStatus(template.status),
            newest=newest,
            base_version=draft.base_version if draft else newest.number,
            content=dict(draft.content) if draft else drafts.begin(newest.data),
            kept_at=draft.updated_at if draft else None,
            needs_word=publishing.needs_word(session, actor, template),
        )


def edit_draft(actor: Actor, template_id: UUID, edit: Callable[[Content], Content]) -> None:
    """Apply an edit to the draft as it is stored, in one transaction; one without a draft begins one.

    Two tabs of one person so keep each other's edits. Raises what `edit` raises, `InvalidInput` for a draft without
    end, `NotFound`, `NotPermitted`.
    """
    with tenant_session(actor) as session:
        get_editable(session, actor, template_id)  # not locked: typing keeps nobody from using the template
        draft = _lock_or_begin(session, actor, template_id)
        edited = storable_json(edit(dict(draft.content)))
        _refuse_long_prompts(edited)
        if len(json.dumps(edited)) > MAX_BYTES:
            message = "The draft is longer than 2 MB with that. Shorten a prompt or a sample; nothing else is lost."
            raise InvalidInput(message)
        draft.content = edited


def _refuse_long_prompts(content: Content) -> None:
    """Longer than any that can be saved: each look at the draft would read it again in vain."""
    for phase in drafts.phases_of(content):
        size = len(str(phase.get("prompt", "")).encode())
        if size > MAX_PROMPT_BYTES:
            message = (
                f"The prompt of “{cut(phase.get('name') or phase['code'])}” has {size // 1000:,} kB with that; "
                f"{MAX_PROMPT_BYTES // 1000} kB is the most. The draft is as it was: shorten the prompt, or give "
                "a part of it to another phase."
            )
            raise InvalidInput(message, field="Prompt")


def rebase_draft(actor: Actor, template_id: UUID, version: int) -> None:
    """Go on with one's own draft on top of a version that was saved meanwhile. Raises `NotFound`, `NotPermitted`."""
    with tenant_session(actor) as session:
        get_editable(session, actor, template_id)
        _lock_or_begin(session, actor, template_id).base_version = version


def save_draft(actor: Actor, template_id: UUID, *, note: str) -> SavedVersion:
    """Save the draft as the next version; then it is gone, unless another tab has gone on writing meanwhile.

    Raises as `save_version`; then the draft is as it was.
    """
    desk = open_desk(actor, template_id)
    saved = save_version(actor, template_id, desk.content["data"], base_version=desk.base_version, note=note)
    with tenant_session(actor) as session:
        draft = lock_draft(session, actor, template_id)
        if draft is not None and draft.updated_at == desk.kept_at:
            session.delete(draft)
        elif draft is not None:
            draft.base_version = saved.version
    return saved


def discard_draft(actor: Actor, template_id: UUID) -> None:
    """Forget what was written since the last version. Raises `NotPermitted`."""
    actor.require(Permission.TEMPLATES_VIEW)
    with tenant_session(actor) as session:
        draft = lock_draft(session, actor, template_id)
        if draft is not None:
            session.delete(draft)


def _lock_or_begin(session: Session, actor: Actor, template_id: UUID) -> TemplateDraft:
    """The person's draft, locked; of two tabs that begin one at once, both go on with the first one's."""
    if find_draft(session, actor, template_id) is None:
        newest = _get_newest(session, template_id)
        values = {"base_version": newest.number, "content": drafts.begin(newest.data)}
        begun = insert(TemplateDraft).values(
            organization_id=actor.organization_id, template_id=template_id, created_by=actor.user_id, **values
        )
        session.execute(begun.on_conflict_do_nothing(constraint="template_drafts_template_id_created_by_key"))
    draft = lock_draft(session, actor, template_id)
    if draft is None:
        message = "The draft was discarded meanwhile. Reload to begin a new one."
        raise Conflict(message)
    return draft


def _get_newest(session: Session, template_id: UUID) -> NewestVersion:
    found = find_newest(session, template_id)
    if found is None:
        raise NotFound("version")
    version = found.TemplateVersion
    return NewestVersion(
        number=version.version,
        data=version.template_data,
        author=Person(**found.author) if found.author else None,
        saved_at=version.created_at,
    )
