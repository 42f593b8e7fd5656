"""The kinds of things that the trail is about."""

from collections.abc import Mapping, Sequence
from typing import Final

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
    "archives": "Archive",
    "budgets": "Budget",
    "budget_raises": "Budget raise",
    "spending_watches": "Spending watch",
    "legal_holds": "Legal hold",
    "retention": "Retention",
    "usage": "Usage",
    "audit": "Audit trail",
    "export_jobs": "Export",
    "compliance_reports": "Compliance report",
    "installation": "Installation",
}
#: Of what is found by its name: what several of them are called.
_MANY: Final[Mapping[str, str]] = {
    "orchestrations": "runs",
    "users": "people",
    "provider_connections": "connections",
    "integration_connections": "integrations",
    "legal_holds": "legal holds",
}


def say_kinds(kinds: Sequence[str]) -> str:
    """Several of each of these kinds: "projects and runs"."""
    return " and ".join(_MANY.get(kind, kind) for kind in kinds)
