"""What the pages see of what people say about a run."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from lib.users.views import Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """What somebody said, and what the person who asks may do with it."""

    id: UUID
    author: Person
    #: Markdown.
    text: str
    created_at: datetime
    edited_at: datetime | None
    may_edit: bool
    may_delete: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentCounts:
    """How many comments there are."""

    #: By phase code; None is about the run as a whole. What is not there has none.
    of: Mapping[str | None, int]
    #: Whether the person who asks may say something.
    may_write: bool

    @property
    def total(self) -> int:
        """About the run and its phases together."""
        return sum(self.of.values())
