"""What the editor sees of a template and of the draft for its next version."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from lib.models.template import TemplateStatus
from lib.templates.editing.content import Content, Phase
from lib.users.views import Person


@dataclass(frozen=True, slots=True, kw_only=True)
class NewestVersion:
    """The version that a draft is compared with."""

    number: int
    data: Phase
    author: Person | None
    saved_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A template on the desk of who may edit it."""

    template_id: UUID
    name: str
    status: TemplateStatus
    newest: NewestVersion
    #: The version that the draft began with; the newest one where there is no draft.
    base_version: int
    content: Content
    #: When the last edit was kept; None while nothing differs from the newest version.
    kept_at: datetime | None
    #: Whether somebody else has to agree before runs are launched from the next version.
    needs_word: bool

    @property
    def is_overtaken(self) -> bool:
        """Whether a version was saved since the draft began."""
        return self.kept_at is not None and self.base_version < self.newest.number
