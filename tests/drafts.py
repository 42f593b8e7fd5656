"""What somebody has written for a template's next version, as its editor finds it."""

from uuid import UUID

from lib.access.actor import Actor
from lib.templates.editing.service import open_desk
from lib.templates.editing.views import Desk


def find_draft(actor: Actor, template_id: UUID) -> Desk | None:
    """The desk with the person's draft; None where they have none."""
    desk = open_desk(actor, template_id)
    return desk if desk.kept_at else None
