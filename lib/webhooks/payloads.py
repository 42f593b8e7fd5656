"""What endpoints are sent: one model an event, versioned, and docs/webhooks.schema.json, which is made of them.

`python -m lib.webhooks.payloads > docs/webhooks.schema.json` after these have changed. A field is only ever added; a
change that a receiver could stumble over gets the next version. No payload holds a secret, a prompt or an answer:
what happened, its figures, and where to look.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import Field, TypeAdapter

from lib.models.webhook import EventType
from lib.webhooks.cards import (
    BudgetData,
    InvitationData,
    Part,
    PersonCard,
    PhaseData,
    ProjectData,
    QuotaData,
    ReviewData,
    RoleData,
    RunData,
    TemplateData,
    TestData,
    UserData,
    WebhookData,
)
from lib.webhooks.catalogue import find_path

VERSION: Final = 1


class _Envelope(Part):
    id: Annotated[UUID, Field(description="The same with every attempt and to every endpoint: what you have, drop.")]
    version: Literal[1]
    timestamp: Annotated[datetime, Field(description="When it happened; the order of arrival says nothing.")]
    organization_id: UUID
    actor: Annotated[
        PersonCard | None, Field(description="In whose name; of a worker, who launched the run. Null is nobody's.")
    ]
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


class BudgetEvent(_Envelope):
    """A budget has come to a share that is told, or is used up."""

    type: Literal[EventType.BUDGET_THRESHOLD]
    data: BudgetData


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
    | BudgetEvent
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


def _open(schema: Any) -> Any:
    """Without the promise that no field will ever be added: only what we send holds to that."""
    if isinstance(schema, dict):
        return {name: _open(value) for name, value in schema.items() if name != "additionalProperties"}
    return [_open(value) for value in schema] if isinstance(schema, list) else schema


def write_schema() -> str:
    """The same as docs/webhooks.schema.json has it."""
    schema = _open(
        {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "What AI Orchestrator sends to webhooks",
            **ADAPTER.json_schema(mode="serialization"),
        }
    )
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    print(write_schema(), end="")
