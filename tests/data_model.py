"""What the data model adds to the specification of the database, and where it is stricter: as data."""

from typing import Final

from tests.specification import NOT_NULL, UNIQUE, Column

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
        "export_jobs",
        "audit_seals",
        "archives",
        "archived_runs",
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
