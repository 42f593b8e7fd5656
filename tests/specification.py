"""The specification of the database as data: what every installation is held to, word for word.

`TABLES` is the specification itself, `ADDED` what the data model adds to its ten tables. A column is
(name, type, default, demands); type and default are written as SQL, and PostgreSQL says whether they are the same.
"""

from dataclasses import dataclass
from enum import Flag, auto
from typing import Final


class Demand(Flag):
    """What the specification says of a column beside its type."""

    NOTHING = 0
    NOT_NULL = auto()
    UNIQUE = auto()
    PRIMARY_KEY = auto()


@dataclass(frozen=True, slots=True)
class Column:
    """One column. A default of None means that the specification gives none."""

    name: str
    type: str
    default: str | None = None
    demands: Demand = Demand.NOTHING
    #: The table whose `id` it refers to.
    refers_to: str | None = None


NOT_NULL, UNIQUE, PRIMARY_KEY = Demand.NOT_NULL, Demand.UNIQUE, Demand.PRIMARY_KEY

_ID: Final = Column("id", "uuid", None, PRIMARY_KEY)
_CREATED: Final = Column("created_at", "timestamptz", "now()")
_UPDATED: Final = Column("updated_at", "timestamptz", "now()")
_COMPLETED: Final = Column("completed_at", "timestamptz")
_ORGANIZATION: Final = Column("organization_id", "uuid", refers_to="organizations")
_NAME: Final = Column("name", "varchar(255)", None, NOT_NULL)
_RUN: Final = Column("run_id", "uuid", refers_to="orchestration_runs")
_ERRORS: Final = Column("error_details", "jsonb", "'{}'")
_DURATION: Final = Column("execution_time_ms", "integer")

TABLES: Final[dict[str, tuple[Column, ...]]] = {
    "organizations": (
        _ID,
        _NAME,
        Column("slug", "varchar(100)", None, UNIQUE | NOT_NULL),
        Column("subscription_tier", "varchar(50)", "'free'"),
        Column("api_quota_limit", "integer", "1000"),
        Column("api_quota_used", "integer", "0"),
        Column("settings", "jsonb", "'{}'"),
        _CREATED,
        _UPDATED,
        Column("deleted_at", "timestamptz"),
    ),
    "users": (
        _ID,
        _ORGANIZATION,
        Column("email", "varchar(255)", None, UNIQUE | NOT_NULL),
        Column("username", "varchar(100)", None, UNIQUE | NOT_NULL),
        Column("full_name", "varchar(255)"),
        Column("role", "varchar(50)", "'member'"),
        Column("permissions", "jsonb", "'[]'"),
        Column("preferences", "jsonb", "'{}'"),
        Column("last_login_at", "timestamptz"),
        Column("email_verified_at", "timestamptz"),
        _CREATED,
        _UPDATED,
        Column("deleted_at", "timestamptz"),
    ),
    "projects": (
        _ID,
        _ORGANIZATION,
        Column("created_by", "uuid", refers_to="users"),
        _NAME,
        Column("description", "text"),
        Column("topic", "text", None, NOT_NULL),
        Column("status", "varchar(50)", "'active'"),
        Column("priority", "varchar(20)", "'medium'"),
        Column("metadata", "jsonb", "'{}'"),
        Column("settings", "jsonb", "'{}'"),
        _CREATED,
        _UPDATED,
        _COMPLETED,
    ),
    "orchestration_runs": (
        _ID,
        Column("project_id", "uuid", refers_to="projects"),
        Column("user_id", "uuid", refers_to="users"),
        Column("topic", "text", None, NOT_NULL),
        Column("status", "varchar(50)", "'running'"),
        Column("total_phases", "integer", "0"),
        Column("completed_phases", "integer", "0"),
        Column("success_rate", "decimal(5,2)", "0.00"),
        _DURATION,
        Column("integration_enabled", "boolean", "false"),
        Column("results", "jsonb", "'{}'"),
        _ERRORS,
        _CREATED,
        _COMPLETED,
    ),
    "phase_executions": (
        _ID,
        _RUN,
        Column("phase_code", "varchar(50)", None, NOT_NULL),
        Column("phase_name", "varchar(255)", None, NOT_NULL),
        Column("status", "varchar(50)", "'pending'"),
        Column("prompt_text", "text"),
        Column("response_text", "text"),
        _DURATION,
        Column("token_usage", "jsonb", "'{}'"),
        _ERRORS,
        Column("started_at", "timestamptz"),
        _COMPLETED,
    ),
    "integration_operations": (
        _ID,
        _RUN,
        Column("operation_type", "varchar(100)", None, NOT_NULL),
        Column("operation_params", "jsonb", "'{}'"),
        Column("status", "varchar(50)", "'pending'"),
        Column("result", "jsonb", "'{}'"),
        _DURATION,
        _CREATED,
        _COMPLETED,
    ),
    "api_usage": (
        _ID,
        _ORGANIZATION,
        Column("user_id", "uuid", refers_to="users"),
        Column("endpoint", "varchar(255)", None, NOT_NULL),
        Column("method", "varchar(10)", None, NOT_NULL),
        Column("tokens_used", "integer", "0"),
        Column("response_time_ms", "integer"),
        Column("status_code", "integer"),
        _CREATED,
    ),
    "orchestration_templates": (
        _ID,
        _ORGANIZATION,
        Column("created_by", "uuid", refers_to="users"),
        _NAME,
        Column("description", "text"),
        Column("category", "varchar(100)"),
        Column("template_data", "jsonb", None, NOT_NULL),
        Column("is_public", "boolean", "false"),
        Column("usage_count", "integer", "0"),
        _CREATED,
        _UPDATED,
    ),
    "webhooks": (
        _ID,
        _ORGANIZATION,
        _NAME,
        Column("url", "varchar(500)", None, NOT_NULL),
        Column("events", "text[]", "'{}'"),
        Column("secret_key", "varchar(255)"),
        Column("is_active", "boolean", "true"),
        Column("last_triggered_at", "timestamptz"),
        _CREATED,
    ),
    "audit_logs": (
        _ID,
        _ORGANIZATION,
        Column("user_id", "uuid", refers_to="users"),
        Column("action", "varchar(255)", None, NOT_NULL),
        Column("resource_type", "varchar(100)"),
        Column("resource_id", "uuid"),
        Column("old_values", "jsonb", "'{}'"),
        Column("new_values", "jsonb", "'{}'"),
        Column("ip_address", "inet"),
        Column("user_agent", "text"),
        _CREATED,
    ),
}

#: name -> (table, columns)
INDEXES: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "idx_organizations_slug": ("organizations", ("slug",)),
    "idx_users_organization_id": ("users", ("organization_id",)),
    "idx_users_email": ("users", ("email",)),
    "idx_projects_organization_id": ("projects", ("organization_id",)),
    "idx_projects_status": ("projects", ("status",)),
    "idx_orchestration_runs_project_id": ("orchestration_runs", ("project_id",)),
    "idx_orchestration_runs_status": ("orchestration_runs", ("status",)),
    "idx_api_usage_organization_id": ("api_usage", ("organization_id",)),
    "idx_api_usage_created_at": ("api_usage", ("created_at",)),
}

#: The words of a column, where the specification lists them.
WORDS: Final[dict[tuple[str, str], frozenset[str]]] = {
    ("organizations", "subscription_tier"): frozenset({"free", "pro", "enterprise"}),
    ("users", "role"): frozenset({"admin", "manager", "member", "viewer"}),
    ("projects", "status"): frozenset({"active", "completed", "archived", "failed"}),
    ("projects", "priority"): frozenset({"low", "medium", "high", "urgent"}),
}

#: What the data model adds to the ten tables.
ADDED: Final[dict[str, tuple[Column, ...]]] = {
    "organizations": (
        Column("quota_resets_at", "timestamptz", "api.next_month()", NOT_NULL),
        Column("sample_made_at", "timestamptz"),
        Column("second_factor_required_at", "timestamptz"),
        Column("suspended_at", "timestamptz"),
        Column("suspension_reason", "text"),
        Column("deletes_at", "timestamptz"),
    ),
    "users": (
        Column("deactivated_at", "timestamptz"),
        Column("is_operator", "boolean", "false", NOT_NULL),
        Column("created_by", "uuid", refers_to="users"),
    ),
    "projects": (
        Column("archived_at", "timestamptz"),
        Column("archived_by", "uuid", refers_to="users"),
        Column("status_before_archive", "varchar(50)"),
        Column("name_key", "text"),
        Column("last_run_at", "timestamptz"),
        Column("spent_millionths", "bigint", "0", NOT_NULL),
    ),
    "orchestration_runs": (
        Column("organization_id", "uuid", None, NOT_NULL, refers_to="organizations"),
        Column("template_id", "uuid", refers_to="orchestration_templates"),
        Column("template_version", "integer"),
        Column("inputs", "jsonb", "'{}'", NOT_NULL),
        Column("plan", "jsonb", "'{}'", NOT_NULL),
        Column("parent_run_id", "uuid", refers_to="orchestration_runs"),
        Column("forked_from_phase", "varchar(50)"),
        Column("started_at", "timestamptz"),
        Column("cancel_requested_at", "timestamptz"),
        Column("pause_requested_at", "timestamptz"),
        # no foreign key: an index on a table that every step writes to, for a column that is hardly ever set
        Column("pause_requested_by", "uuid"),
        # NULL where one price is unknown
        Column("cost_usd", "numeric(12,6)", "0"),
        Column("total_tokens", "integer", "0", NOT_NULL),
        Column("cost_limit_usd", "numeric(12,6)"),
        Column("model", "varchar(255)"),
        Column("schedule_id", "uuid", refers_to="schedules"),
        Column("title", "varchar(255)"),
        Column("estimate", "jsonb"),
        # the fence
        Column("worker_token", "uuid"),
        Column("admitted_at", "timestamptz"),
        Column("priority", "varchar(20)", "'normal'", NOT_NULL),
        Column("resume_at", "timestamptz"),
        Column("cost_accepted_at", "timestamptz"),
    ),
    "phase_executions": (
        Column("organization_id", "uuid", None, NOT_NULL),
        Column("position", "integer", "0", NOT_NULL),
        Column("depends_on", "text[]", "'{}'", NOT_NULL),
        Column("attempt", "integer", "1", NOT_NULL),
        Column("model", "varchar(255)"),
        Column("cost_usd", "numeric(12,6)"),
        Column("review_policy", "jsonb"),
        Column("reused_from", "uuid", refers_to="phase_executions"),
        Column("finish_reason", "varchar(50)"),
        Column("original_response", "text"),
        Column("redo_comment", "text"),
        # NULL where nobody knows the most either, or no limit asks for it
        Column("cost_bound_usd", "numeric(12,6)"),
    ),
    "integration_operations": (
        Column("organization_id", "uuid", None, NOT_NULL),
        Column("phase_execution_id", "uuid", refers_to="phase_executions"),
        Column("requires_approval", "boolean", "true", NOT_NULL),
        Column("approved_by", "uuid", refers_to="users"),
        Column("approved_at", "timestamptz"),
        Column("attempts", "integer", "0", NOT_NULL),
        Column("error_details", "jsonb", "'{}'", NOT_NULL),
        Column("idempotency_key", "uuid", "api.uuid7()", NOT_NULL | UNIQUE),
        Column("name", "varchar(255)"),
        Column("position", "integer", "0", NOT_NULL),
        Column("started_at", "timestamptz"),
        Column("next_attempt_at", "timestamptz"),
        Column("reused_from", "uuid", refers_to="integration_operations"),
        Column("notified_at", "timestamptz"),
        Column("approved_for", "jsonb"),
    ),
    "api_usage": (
        Column("project_id", "uuid", refers_to="projects"),
        # by the ids alone: calls outlive their runs
        Column("run_id", "uuid"),
        Column("phase_execution_id", "uuid"),
        Column("template_id", "uuid"),
        Column("provider", "varchar(100)"),
        Column("model", "varchar(255)"),
        Column("prompt_tokens", "integer"),
        Column("completion_tokens", "integer"),
        Column("cost_usd", "numeric(12,6)"),
        Column("error_kind", "varchar(50)"),
    ),
    "orchestration_templates": (
        Column("publisher_name", "varchar(255)"),
        Column("version", "integer", "1", NOT_NULL),
        Column("status", "varchar(50)", "'draft'", NOT_NULL),
        Column("tags", "text[]", "'{}'", NOT_NULL),
        Column("forked_from", "uuid", refers_to="orchestration_templates"),
        Column("deleted_at", "timestamptz"),
    ),
    "webhooks": (
        Column("description", "text"),
        Column("previous_secret_key", "varchar(255)"),
        Column("previous_secret_expires_at", "timestamptz"),
        Column("consecutive_failures", "integer", "0", NOT_NULL),
        Column("disabled_at", "timestamptz"),
        Column("disabled_reason", "text"),
        Column("failing_since", "timestamptz"),
        Column("resume_at", "timestamptz"),
        Column("updated_at", "timestamptz", "now()", NOT_NULL),
    ),
    "audit_logs": (Column("session_id", "uuid"), Column("request_id", "uuid")),
}

#: Tables that the data model adds, as far as they have come.
ADDED_TABLES: Final = frozenset(
    {
        "user_credentials",
        "user_sessions",
        "user_tokens",
        "sign_in_networks",
        "claim_keys",
        "engine_settings",
        "size_samples",
        "template_versions",
        "template_drafts",
        "template_reviews",
        "template_statistics",
        "phase_streams",
        "review_requests",
        "run_reviews",
        "run_comments",
        "provider_connections",
        "integration_connections",
        "connection_turns",
        "mail_outbox",
        "organization_slugs",
        "invitations",
        "schedules",
        "webhook_events",
        "webhook_deliveries",
        "webhook_attempts",
        "usage_hourly",
        "usage_daily",
        "usage_open_hours",
        "usage_open_days",
        "budgets",
        "budget_periods",
        "budget_raises",
        "budget_alerts",
        "spending_watches",
        "spending_notices",
        "saved_views",
        "usage_reports",
        "audit_seals",
        "archives",
        "legal_holds",
        "retention_progress",
    }
)

#: NOT NULL where the specification leaves it open. A status, a counter or a JSON structure that is not there would be a
#: third state that nobody gave a meaning; a row without its organization or its run would be nobody's.
STRICTER: Final[dict[str, frozenset[str]]] = {
    # a quota limit of NULL has a meaning: there is none
    "organizations": frozenset({"subscription_tier", "api_quota_used", "settings", "created_at", "updated_at"}),
    "users": frozenset({"organization_id", "role", "permissions", "preferences", "created_at", "updated_at"}),
    "projects": frozenset(
        {
            "organization_id",
            "created_by",
            "status",
            "priority",
            "metadata",
            "settings",
            "created_at",
            "updated_at",
        }
    ),
    "orchestration_runs": frozenset(
        {
            "project_id",
            "user_id",
            "status",
            "total_phases",
            "completed_phases",
            "success_rate",
            "integration_enabled",
            "results",
            "error_details",
            "created_at",
        }
    ),
    "phase_executions": frozenset({"run_id", "status", "token_usage", "error_details"}),
    "integration_operations": frozenset({"run_id", "operation_params", "status", "result", "created_at"}),
    "api_usage": frozenset({"organization_id", "tokens_used", "created_at"}),
    "orchestration_templates": frozenset(
        {"is_public", "usage_count", "created_at", "updated_at"}
    ),  # built-ins: nobody's
    "webhooks": frozenset({"organization_id", "events", "is_active", "created_at"}),
    "audit_logs": frozenset({"organization_id", "old_values", "new_values", "created_at"}),
}
