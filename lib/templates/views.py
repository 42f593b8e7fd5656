"""What the pages see of templates."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from lib.models.template import ReviewDecision, TemplateStatus
from lib.templates.inputs import InputField
from lib.templates.structure import TemplateData
from lib.users.views import Person


class TemplateScope(StrEnum):
    """Whose templates a gallery shows; one is in exactly one of them."""

    #: Made by the person who asks, drafts among them.
    MINE = "mine"
    #: Made by others of their organization; drafts only for who may edit them.
    ORGANIZATION = "organization"
    #: Other organizations', and those that come with the application.
    PUBLIC = "public"
    #: Of the organization, and offered to nobody any more.
    RETIRED = "retired"


class TemplateSort(StrEnum):
    """What a gallery begins with; the figures are of the reader's own organization."""

    #: Of as many runs by name.
    MOST_USED = "used"
    NEWEST = "newest"
    #: Capital letters or not.
    NAME = "name"
    SUCCESS = "success"
    CHEAPEST = "cost"
    QUICKEST = "time"


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateFigures:
    """How the runs of the reader's organization went."""

    runs: int = 0
    completed: int = 0
    failed: int = 0
    #: Of the completed runs that were no retries; None where there is none, or no cost is known.
    average_cost_usd: Decimal | None = None
    #: Milliseconds of such a run on average.
    average_time_ms: int | None = None

    @property
    def success_rate(self) -> float | None:
        """Completed among those that completed or failed, from 0 to 1."""
        ended = self.completed + self.failed
        return self.completed / ended if ended else None


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateSummary:
    """A template in the gallery."""

    id: UUID
    name: str
    description: str
    category: str
    tags: tuple[str, ...]
    scope: TemplateScope
    status: TemplateStatus
    is_public: bool
    is_builtin: bool
    #: Of a public one; empty otherwise.
    publisher: str
    version: int
    phase_count: int
    updated_at: datetime
    figures: TemplateFigures
    #: Whether a version of it waits for somebody's word.
    is_waiting: bool
    #: What the reader may do.
    may_edit: bool
    may_publish: bool
    may_launch: bool
    may_fork: bool

    @property
    def is_own(self) -> bool:
        """Whether it is of the reader's organization."""
        return self.scope is not TemplateScope.PUBLIC


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRequest:
    """A version that waits for somebody else to agree to it, or what became of that."""

    id: UUID
    version: int
    makes_public: bool
    #: What every organization is to read on its card, by `name`, `description`, `category` and `tags`.
    card: Mapping[str, Any] | None
    requested_by: Person
    requested_at: datetime
    decision: ReviewDecision | None
    decided_by: Person | None
    decided_at: datetime | None
    comment: str
    #: Whether the reader may agree or refuse, or take it back.
    may_decide: bool
    may_withdraw: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateDetail(TemplateSummary):
    """A template, whole, and what the person who asks may do with it."""

    data: TemplateData
    #: What the card itself says; `description` is what the template says of itself where that is nothing.
    card_description: str
    #: None for other organizations' and for built-in ones.
    maker: Person | None
    created_at: datetime
    #: The template that it was made from, where the reader can see that one.
    forked_from: tuple[UUID, str] | None
    #: Launches by all organizations, for those whose it is; None for others.
    launches: int | None
    #: The newest version, also where it is not offered yet.
    newest_version: int
    review: ReviewRequest | None
    #: Whether somebody else's word is needed before it is public.
    needs_approval: bool
    #: The same before what stands on its card is another.
    card_needs_word: bool
    #: Whether somebody else has to agree before runs are launched from a next version of the reader's.
    needs_word: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateVersionSummary:
    """One version, as its author left it."""

    version: int
    author: Person | None
    note: str
    created_at: datetime
    #: Whether runs are launched from it.
    is_offered: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateChoice:
    """A template that a run can be launched from."""

    id: UUID
    name: str
    #: Whether it is of the reader's organization.
    is_own: bool
    is_builtin: bool
    status: TemplateStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateToLaunch:
    """What the launch form needs of the template that is chosen."""

    id: UUID
    name: str
    description: str
    version: int
    phase_names: tuple[str, ...]
    inputs: tuple[InputField, ...]
    #: What the template itself proposes, as `provider:model`.
    model: str | None
    #: Whether something is done after one of its phases.
    has_operations: bool = False
    #: Whether the reader's organization lets runs do that.
    lets_operate: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedVersion:
    """A version that was saved."""

    version: int
    #: Whether runs are launched from it from now on; otherwise it waits for somebody's word.
    is_offered: bool
    #: The version in whose place it waits.
    replaces: int | None = None
