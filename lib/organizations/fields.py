"""What an organization's fields are called, by their place in the row ("settings" left out)."""

from collections.abc import Mapping
from typing import Final

LABELS: Final[Mapping[str, str]] = {
    "name": "Name",
    "slug": "Short name",
    "default_ai_model": "Default model",
    "integration_enabled": "Integrations",
    "notification_preferences.email": "E-mail",
    "notification_preferences.slack": "Slack",
    "security_settings.require_2fa": "Require a second factor",
    "security_settings.grace_days": "Days to set it up",
    "security_settings.session_timeout": "Session time-out",
    "security_settings.min_password_length": "Shortest password",
    "security_settings.email_domains": "Domains of e-mail addresses",
    "security_settings.members_see_own_only": "Members see only what they created",
    "retention.audit_days": "Audit trail",
    "retention.usage_days": "Usage",
    "retention.run_days": "Runs",
    "limits.concurrent_runs": "Runs at a time",
    "limits.monthly_cost_usd": "Cost a month",
    "publishing.requires_approval": "Publishing needs an approval",
}
