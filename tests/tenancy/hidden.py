"""What the database holds that a person may not read, by its state of that moment.

Written as `ledger` is: from docs/security.md and the permission table, and from none of the code that it judges.
"""

import json
from collections.abc import Iterator
from typing import Final

from tests.tenancy.ground import MARKS
from tests.tenancy.ledger import Change, Doer, P, Row, Rows

#: What nobody reads without the permission, though it is their own organization's.
_VIEWED_BY: Final = {
    "invitations": P.USERS_VIEW,
    "webhooks": P.WEBHOOKS_VIEW,
    "webhook_events": P.WEBHOOKS_VIEW,
    "webhook_deliveries": P.WEBHOOKS_VIEW,
    "webhook_attempts": P.WEBHOOKS_VIEW,
    "usage_hourly": P.ANALYTICS_VIEW,
    "usage_daily": P.ANALYTICS_VIEW,
    "usage_open_hours": P.ANALYTICS_VIEW,
    "usage_open_days": P.ANALYTICS_VIEW,
    "provider_connections": P.CONNECTIONS_VIEW,
    "integration_connections": P.CONNECTIONS_VIEW,
    "integration_operations": P.ORCHESTRATIONS_VIEW,
    "spending_watches": P.ANALYTICS_VIEW,
    "spending_notices": P.ANALYTICS_VIEW,
    "audit_logs": P.AUDIT_VIEW,
    "audit_seals": P.AUDIT_VIEW,
    "archives": P.PROJECTS_VIEW,
    "legal_holds": P.ORGANIZATION_EDIT,
    "retention_progress": P.ORGANIZATION_EDIT,
    "projects": P.PROJECTS_VIEW,
    "orchestration_runs": P.ORCHESTRATIONS_VIEW,
    "run_comments": P.ORCHESTRATIONS_VIEW,
    "schedules": P.ORCHESTRATIONS_VIEW,
    "orchestration_templates": P.TEMPLATES_VIEW,
    "template_versions": P.TEMPLATES_VIEW,
    "template_reviews": P.TEMPLATES_VIEW,
    "template_statistics": P.TEMPLATES_VIEW,
}

#: Nobody else's, whatever else one may do.
_OWN: Final = frozenset(
    {
        "user_sessions",
        "user_tokens",
        "mail_outbox",
        "template_drafts",
        "saved_views",
        "usage_reports",
        "export_jobs",
    }
)


def hidden_from(doer: Doer, rows: Rows) -> Iterator[str]:
    """Ids, addresses and words that nothing which this person is answered may hold.

    Whoever may read the trail reads it whole: whatever it says of their organization is hidden from them nowhere.
    """
    trail = [row for row in rows["audit_logs"].values() if row["organization_id"] == doer.organization_id]
    told = json.dumps(trail) if doer.may(P.AUDIT_VIEW) else ""
    yield from (each for each in _unreadable(doer, rows) if each not in told)


def _unreadable(doer: Doer, rows: Rows) -> Iterator[str]:
    for row in rows["organization_slugs"].values():
        if row["slug"] in MARKS and row["organization_id"] != doer.organization_id:
            yield row["slug"]
    for table in rows.keys() - {"user_credentials"}:  # whose keys are people's
        for key, row in rows[table].items():
            is_own = Change(table, None, row, rows).organization_id == doer.organization_id
            is_budget = table in {"budgets", "budget_periods", "budget_raises", "budget_alerts"}
            sees = _sees_budget if is_budget else _is_readable
            if not is_own or not sees(doer, table, row, rows):
                yield key
            if table == "users" and row["id"] != doer.user_id and not (is_own and doer.may(P.USERS_VIEW)):
                yield row["email"]


def _sees_budget(doer: Doer, table: str, row: Row, rows: Rows) -> bool:
    """Who sees what everybody spends, whom it is about, and whoever it binds."""
    budget = row if table == "budgets" else rows["budgets"][row["budget_id"]]
    sees_all = doer.may(P.ANALYTICS_VIEW) or doer.may(P.BUDGETS_MANAGE)
    binds = budget["user_id"] is None and doer.may(P.ORCHESTRATIONS_RUN)
    return sees_all or binds or (doer.is_alive and doer.user_id == budget["user_id"])


def _is_readable(doer: Doer, table: str, row: Row, rows: Rows) -> bool:
    """Whether they may read the row's id. Ids of people stand beside their names, which everybody there reads."""
    if table in _OWN:
        return doer.user_id == row.get("created_by" if table == "template_drafts" else "user_id")
    if table == "organizations" or (table == "users" and row["id"] == doer.user_id):
        return True
    is_offered = table == "integration_connections" and row["is_active"]  # an approval names where it leads
    if is_offered and doer.may(P.ORCHESTRATIONS_VIEW):
        return True
    if doer.sees_own_only and table in {"schedules", "archives"}:  # of these nobody's own: they hold others' runs too
        return doer.is_alive and doer.user_id in {row.get("user_id"), row.get("created_by")}
    if doer.sees_own_only and table in {
        *("projects", "orchestration_runs", "phase_executions"),
        *("review_requests", "run_reviews", "run_comments"),
    }:
        own = [run for run in rows["orchestration_runs"].values() if run["user_id"] == doer.user_id]
        is_own = row.get("created_by") == doer.user_id or row.get("run_id") in {run["id"] for run in own}
        return doer.is_alive and (is_own or any(row["id"] in {run["id"], run["project_id"]} for run in own))
    return doer.may(_VIEWED_BY[table]) if table in _VIEWED_BY else doer.is_alive
