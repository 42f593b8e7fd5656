"""What endpoints are sent: one model an event, versioned, and docs/webhooks.schema.json, which is made of them.

`python -m lib.webhooks.payloads > docs/webhooks.schema.json` after these have changed. A field is only ever added; a
change that a receiver could stumble over gets the next version. No payload holds a secret, a prompt, an input or an
answer: what happened, its figures, and where to look.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from lib.models.project import Priority, ProjectStatus
from lib.models.review import Decision, ReviewOutcome
from lib.models.run import PhaseStatus, RunStatus
from lib.models.webhook import EventType
from lib.webhooks.catalogue import find_path

VERSION: Final = 1
_RoleName = Literal["admin", "manager", "member", "viewer"]
_Cost = Annotated[float | None, Field(description="US dollars; null is unknown.")]
_Milliseconds = Annotated[int | None, Field(description="Milliseconds; null where it has not begun.")]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PersonCard(_Part):
    """A person."""

    id: UUID
    name: str


class ErrorCard(_Part):
    """Why something failed or lies still, as the page says it."""

    kind: str
    message: str | None
    phase: Annotated[str | None, Field(description="Code of the phase.")] = None


class RunCard(_Part):
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


class ProjectRef(_Part):
    """A project, by name."""

    id: UUID
    name: str


class TemplateRef(_Part):
    """The template that a run was launched from, and its version."""

    id: UUID
    name: str
    version: int | None


class RunData(_Part):
    """Of the events of a run."""

    run: RunCard
    project: ProjectRef
    template: TemplateRef | None
    launched_by: PersonCard | None


class RunRef(_Part):
    """The run that a phase belongs to."""

    id: UUID
    title: str
    project_id: UUID


class PhaseCard(_Part):
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


class PhaseData(_Part):
    """Of the events of a phase."""

    phase: PhaseCard
    run: RunRef


class ReviewWord(_Part):
    """What one person said of the answer."""

    reviewer: PersonCard | None
    decision: Decision
    said_at: datetime


class ReviewCard(_Part):
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


class QuotaCard(_Part):
    """How much of the month's calls to models is used."""

    threshold_percent: Literal[80, 100]
    used: int
    limit: int
    resets_at: datetime


class QuotaData(_Part):
    """Of `quota.threshold`."""

    quota: QuotaCard


class ProjectCard(_Part):
    """A project as it stood."""

    id: UUID
    name: str
    status: ProjectStatus
    priority: Priority
    created_at: datetime
    created_by: PersonCard | None


class ProjectData(_Part):
    """Of the events of a project."""

    project: ProjectCard
    changed: Annotated[tuple[str, ...], Field(description="Names of what was changed; none at the beginning.")]


class TemplateCard(_Part):
    """A template as it is offered."""

    id: UUID
    name: str
    version: int
    category: str | None
    is_public: Annotated[bool, Field(description="Whether every organization may use it.")]
    created_by: PersonCard | None


class TemplateData(_Part):
    """Of `template.published`."""

    template: TemplateCard


class InvitationCard(_Part):
    """Who was invited; never the link."""

    id: UUID
    email: str
    role: _RoleName
    expires_at: datetime
    invited_by: PersonCard | None


class InvitationData(_Part):
    """Of `user.invited`."""

    invitation: InvitationCard


class UserCard(PersonCard):
    """A person, with what is theirs now."""

    email: str
    role: _RoleName


class UserData(_Part):
    """Of `user.deactivated`."""

    user: UserCard


class RoleData(UserData):
    """Of `user.role_changed`."""

    role_before: _RoleName


class WebhookCard(_Part):
    """The endpoint that was stopped; never its address, which may hold a secret."""

    id: UUID
    name: str
    disabled_at: datetime
    reason: str


class WebhookData(_Part):
    """Of `webhook.disabled`."""

    webhook: WebhookCard


class WebhookRef(_Part):
    """An endpoint, by name."""

    id: UUID
    name: str


class TestData(_Part):
    """Of `webhook.test`, which means nothing."""

    webhook: WebhookRef


class _Envelope(_Part):
    id: Annotated[UUID, Field(description="The same with every attempt and to every endpoint: what you have, drop.")]
    version: Literal[1]
    timestamp: Annotated[datetime, Field(description="When it happened; the order of arrival says nothing.")]
    organization_id: UUID
    actor: Annotated[PersonCard | None, Field(description="Whose doing it is; null is nobody's in particular.")]
    url: Annotated[str, Field(description="The page that it is about.")]


class RunEvent(_Envelope):
    """A run was launched, began, lies still or has ended."""

    type: Literal[
        EventType.RUN_QUEUED,
        EventType.RUN_STARTED,
        EventType.RUN_WAITING_REVIEW,
        EventType.RUN_PAUSED,
        EventType.RUN_COMPLETED,
        EventType.RUN_FAILED,
        EventType.RUN_CANCELLED,
    ]
    data: RunData


class PhaseEvent(_Envelope):
    """A phase is completed or has failed for good."""

    type: Literal[EventType.PHASE_COMPLETED, EventType.PHASE_FAILED]
    data: PhaseData


class ReviewEvent(_Envelope):
    """An answer waits for people, or was decided about."""

    type: Literal[EventType.REVIEW_REQUESTED, EventType.REVIEW_DECIDED]
    data: ReviewData


class QuotaEvent(_Envelope):
    """Much or all of the month's calls is used."""

    type: Literal[EventType.QUOTA_THRESHOLD]
    data: QuotaData


class ProjectEvent(_Envelope):
    """A project was made or changed."""

    type: Literal[EventType.PROJECT_CREATED, EventType.PROJECT_UPDATED]
    data: ProjectData


class TemplateEvent(_Envelope):
    """A template, or another version of it, is offered."""

    type: Literal[EventType.TEMPLATE_PUBLISHED]
    data: TemplateData


class InvitationEvent(_Envelope):
    """Somebody was invited."""

    type: Literal[EventType.USER_INVITED]
    data: InvitationData


class RoleEvent(_Envelope):
    """A person has another role."""

    type: Literal[EventType.USER_ROLE_CHANGED]
    data: RoleData


class UserEvent(_Envelope):
    """A person was deactivated."""

    type: Literal[EventType.USER_DEACTIVATED]
    data: UserData


class WebhookEvent(_Envelope):
    """Another endpoint was stopped."""

    type: Literal[EventType.WEBHOOK_DISABLED]
    data: WebhookData


class TestEvent(_Envelope):
    """Somebody tries the endpoint."""

    type: Literal[EventType.WEBHOOK_TEST]
    data: TestData


#: Any of them, told apart by `type`.
Payload = Annotated[
    RunEvent
    | PhaseEvent
    | ReviewEvent
    | QuotaEvent
    | ProjectEvent
    | TemplateEvent
    | InvitationEvent
    | RoleEvent
    | UserEvent
    | WebhookEvent
    | TestEvent,
    Field(discriminator="type"),
]
ADAPTER: Final[TypeAdapter[Payload]] = TypeAdapter(Payload)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRow:
    """An event as the database keeps it."""

    id: UUID
    type: EventType
    organization_id: UUID
    created_at: datetime
    actor: Mapping[str, Any] | None
    data: Mapping[str, Any]


def render(event: EventRow, *, base_url: str) -> str:
    """What is sent and signed: the same text with every attempt. `base_url` is where people reach the dashboard."""
    return json.dumps(
        {
            "id": str(event.id),
            "type": event.type,
            "version": VERSION,
            "timestamp": event.created_at.astimezone(UTC).isoformat(),
            "organization_id": str(event.organization_id),
            "actor": event.actor,
            "url": base_url + find_path(event.type, event.data),
            "data": event.data,
        },
        ensure_ascii=False,
        indent=2,
    )


def write_schema() -> str:
    """The same as docs/webhooks.schema.json has it."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "What AI Orchestrator sends to webhooks",
        **ADAPTER.json_schema(mode="serialization"),
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    print(write_schema(), end="")
