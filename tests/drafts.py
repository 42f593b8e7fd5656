"""What somebody has written for a template's next version, as its editor finds it."""

from typing import Any, Final
from uuid import UUID

from lib.access.actor import Actor
from lib.templates.editing.content import phases_of
from lib.templates.editing.service import open_desk
from lib.templates.editing.views import Desk

#: Of a template to edit.
TWO_PHASES: Final = (
    {"code": "Phase 1", "name": "Ideas", "prompt": "Ideas for {{ topic }}"},
    {"code": "Phase 2", "name": "Plan", "prompt": "Plan"},
)


def find_draft(actor: Actor, template_id: UUID) -> Desk | None:
    """The desk with the person's draft; None where they have none."""
    desk = open_desk(actor, template_id)
    return desk if desk.kept_at else None


def kept_phases(actor: Actor, template_id: UUID) -> list[dict[str, Any]]:
    """The phases of the person's draft, which there is."""
    draft = find_draft(actor, template_id)
    assert draft
    return [dict(phase) for phase in phases_of(draft.content)]
