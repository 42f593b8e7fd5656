"""The specification of the database as data: what every installation is held to, word for word.

What is added to its ten tables stands in `data_model`. A column is (name, type, default, demands); type and default are
written as SQL, and PostgreSQL says whether they are the same.
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
