"""What events tell of things: how a run, a phase, a project, a template or a person stood when it happened."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from lib.models.budget import BudgetPeriod, BudgetScope
from lib.models.project import Priority, ProjectStatus
from lib.models.review import Decision, ReviewOutcome
from lib.models.run import PhaseStatus, RunStatus

_RoleName = Literal["admin", "manager", "member", "viewer"]
_Cost = Annotated[float | None, Field(description="US dollars; null is unknown.")]
_Milliseconds = Annotated[int | None, Field(description="Milliseconds; null where it has not begun.")]


class Part(BaseModel):
    """A part of a payload, with no field that the schema does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class PersonCard(Part):
    """A person."""

    id: UUID
    name: str


class ErrorCard(Part):
    """Why something failed or lies still, as the page says it."""

    kind: str
    message: str | None
    phase: Annotated[str | None, Field(description="Code of the phase.")] = None


class RunCard(Part):
    """A run as it stood."""

    id: UUID
    title: str
    status: RunStatus
    model: Annotated[str | None, Field(description="That its launch chose; null leaves it to the template and above.")]
    created_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    execution_time_ms: _Milliseconds
    total_phases: int
    completed_phases: int
    success_rate: Annotated[float | None, Field(description="Percent of the phases that are completed, at the end.")]
    total_tokens: int
    cost_usd: _Cost
    cost_limit_usd: float | None
    parent_run_id: Annotated[UUID | None, Field(description="The run of which it is a retry.")]
    schedule_id: UUID | None
    error: ErrorCard | None


class ProjectRef(Part):
    """A project, by name."""

    id: UUID
    name: str


class TemplateRef(Part):
    """The template that a run was launched from, and its version."""

    id: UUID
    name: str
    version: int | None


class RunData(Part):
    """Of the events of a run."""

    run: RunCard
    project: ProjectRef
    template: TemplateRef | None
    launched_by: PersonCard | None


class RunRef(Part):
    """The run that a phase belongs to."""

    id: UUID
    title: str
    project_id: UUID


class PhaseCard(Part):
    """A phase as its newest attempt stood."""

    id: UUID
    code: str
    name: str
    position: int
    status: PhaseStatus
    attempt: int
    model: str | None
    started_at: datetime | None
    completed_at: datetime | None
    execution_time_ms: _Milliseconds
    total_tokens: int
    cost_usd: _Cost
    error: ErrorCard | None


class PhaseData(Part):
    """Of the events of a phase."""

    phase: PhaseCard
    run: RunRef


class ReviewWord(Part):
    """What one person said of the answer."""

    reviewer: PersonCard | None
    decision: Decision
    said_at: datetime


class ReviewCard(Part):
    """A request that people look at an answer."""

    id: UUID
    required_approvals: int
    due_at: datetime | None
    outcome: ReviewOutcome | None
    decided_at: datetime | None
    words: tuple[ReviewWord, ...]


class ReviewData(PhaseData):
    """Of the events of a review."""

    review: ReviewCard


class QuotaCard(Part):
    """How much of the month's calls to models is used."""

    threshold_percent: Literal[80, 100]
    used: int
    limit: int
    resets_at: datetime


class QuotaData(Part):
    """Of `quota.threshold`."""

    quota: QuotaCard


class BudgetCard(Part):
    """A budget, and how much of it is spent in its period."""

    id: UUID
    name: str
    scope: BudgetScope
    period: Annotated[BudgetPeriod, Field(description="A calendar month in UTC, or all time.")]
    is_hard: Annotated[bool, Field(description="Whether nothing begins any more once it is used up.")]
    threshold_percent: Annotated[int, Field(description="The highest share that it has come to; 100 is used up.")]
    spent_usd: float
    limit_usd: Annotated[float, Field(description="What it allows, raises among it.")]
    project: Annotated[ProjectRef | None, Field(description="That it is about.")]
    person: Annotated[PersonCard | None, Field(description="Whom it is about.")]


class BudgetData(Part):
    """Of `budget.threshold`."""

    budget: BudgetCard


class ProjectCard(Part):
    """A project as it stood."""

    id: UUID
    name: str
    status: ProjectStatus
    priority: Priority
    created_at: datetime
    created_by: PersonCard | None


class ProjectData(Part):
    """Of the events of a project."""

    project: ProjectCard
    changed: Annotated[tuple[str, ...], Field(description="Names of what was changed; none at the beginning.")]


class TemplateCard(Part):
    """A template as it is offered."""

    id: UUID
    name: str
    version: int
    category: str | None
    is_public: Annotated[bool, Field(description="Whether every organization may use it.")]
    created_by: PersonCard | None


class TemplateData(Part):
    """Of `template.published`."""

    template: TemplateCard


class InvitationCard(Part):
    """Who was invited; never the link."""

    id: UUID
    email: str
    role: _RoleName
    expires_at: datetime
    invited_by: PersonCard | None


class InvitationData(Part):
    """Of `user.invited`."""

    invitation: InvitationCard


class UserCard(PersonCard):
    """A person, with what is theirs now."""

    email: str
    role: _RoleName


class UserData(Part):
    """Of `user.deactivated`."""

    user: UserCard


class RoleData(UserData):
    """Of `user.role_changed`."""

    role_before: _RoleName


class WebhookCard(Part):
    """The endpoint that was stopped; never its address, which may hold a secret."""

    id: UUID
    name: str
    disabled_at: datetime
    reason: str


class WebhookData(Part):
    """Of `webhook.disabled`."""

    webhook: WebhookCard


class WebhookRef(Part):
    """An endpoint, by name."""

    id: UUID
    name: str


class TestData(Part):
    """Of `webhook.test`, which means nothing."""

    webhook: WebhookRef
