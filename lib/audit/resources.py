"""The kinds of things that the trail is about."""

from collections.abc import Mapping
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
