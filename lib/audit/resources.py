"""The kinds of things that the trail is about, and where each says what it is called."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import ColumnElement, func
from sqlalchemy.orm import InstrumentedAttribute

from lib.models.budget import Budget, SpendingWatch
from lib.models.connection import IntegrationConnection, ProviderConnection
from lib.models.invitation import Invitation
from lib.models.organization import Organization
from lib.models.people import people
from lib.models.project import Project
from lib.models.run import OrchestrationRun
from lib.models.schedule import Schedule
from lib.models.template import OrchestrationTemplate
from lib.models.webhook import Webhook

#: Kind, as stored -> what one of it is called.
KINDS: Final[Mapping[str, str]] = {
    "orchestrations": "Run",
    "projects": "Project",
    "templates": "Template",
    "template_reviews": "Template review",
    "review_requests": "Review",
    "run_reviews": "Word about an answer",
    "run_comments": "Comment",
    "schedules": "Schedule",
    "users": "Person",
    "credentials": "Way to sign in",
    "invitations": "Invitation",
    "organizations": "Organization",
    "provider_connections": "Connection",
    "integration_connections": "Integration",
    "webhooks": "Webhook",
    "budgets": "Budget",
    "budget_raises": "Budget raise",
    "spending_watches": "Spending watch",
    "usage": "Usage",
    "audit": "Audit trail",
}

Named = tuple[InstrumentedAttribute[Any] | ColumnElement[Any], ColumnElement[Any] | InstrumentedAttribute[Any]]
_PERSON: Final[Named] = (people.c.id, people.c.name)
#: Kind -> id and name, where things of it have a name of their own.
NAMED: Final[Mapping[str, Named]] = {
    "orchestrations": (
        OrchestrationRun.id,
        func.coalesce(OrchestrationRun.title, func.left(OrchestrationRun.topic, 255)),
    ),
    "projects": (Project.id, Project.name),
    "templates": (OrchestrationTemplate.id, OrchestrationTemplate.name),
    "schedules": (Schedule.id, Schedule.title),
    "users": _PERSON,
    "credentials": _PERSON,
    "invitations": (Invitation.id, Invitation.email),
    "organizations": (Organization.id, Organization.name),
    "provider_connections": (ProviderConnection.id, ProviderConnection.name),
    "integration_connections": (IntegrationConnection.id, IntegrationConnection.name),
    "webhooks": (Webhook.id, Webhook.name),
    "budgets": (Budget.id, Budget.name),
    "spending_watches": (SpendingWatch.id, func.concat(SpendingWatch.hours, " h")),
}
#: In which of them a search looks: there are few of each, and one of their parts is no name.
SEARCHED: Final = (
    "users",
    "projects",
    "templates",
    "schedules",
    "webhooks",
    "budgets",
    "provider_connections",
    "integration_connections",
)
#: What the name of a thing stands under in the trail, for what is gone.
NAME_KEYS: Final = ("name", "title", "topic", "full_name", "username", "email")
