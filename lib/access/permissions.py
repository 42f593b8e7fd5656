"""The permission table: which role may do what, and to whose rows.

It is the truth for the pages and the use cases; `migrations/sql/api_role_grants.sql` says the same to
PostgreSQL, and a test holds the two together. The names are those of the specification and of docs/security.md.
"""

from enum import StrEnum


class Role(StrEnum):
    """What a person is in their organization."""

    #: Full organization access.
    ADMIN = "admin"
    #: Project and team management.
    MANAGER = "manager"
    #: Standard user access.
    MEMBER = "member"
    #: Read-only access.
    VIEWER = "viewer"


class Permission(StrEnum):
    """Everything a person can be allowed to do. A closed set: `users.permissions` holds no other word."""

    ORGANIZATION_VIEW = "organization.view"
    ORGANIZATION_EDIT = "organization.edit"
    USERS_VIEW = "users.view"
    USERS_INVITE = "users.invite"
    USERS_EDIT = "users.edit"
    USERS_DEACTIVATE = "users.deactivate"
    PROJECTS_VIEW = "projects.view"
    PROJECTS_CREATE = "projects.create"
    PROJECTS_EDIT = "projects.edit"
    PROJECTS_ARCHIVE = "projects.archive"
    ORCHESTRATIONS_VIEW = "orchestrations.view"
    ORCHESTRATIONS_RUN = "orchestrations.run"
    ORCHESTRATIONS_CANCEL = "orchestrations.cancel"
    ORCHESTRATIONS_REVIEW = "orchestrations.review"
    TEMPLATES_VIEW = "templates.view"
    TEMPLATES_CREATE = "templates.create"
    TEMPLATES_EDIT = "templates.edit"
    TEMPLATES_PUBLISH = "templates.publish"
    WEBHOOKS_VIEW = "webhooks.view"
    WEBHOOKS_MANAGE = "webhooks.manage"
    CONNECTIONS_VIEW = "connections.view"
    CONNECTIONS_MANAGE = "connections.manage"
    ANALYTICS_VIEW = "analytics.view"
    BUDGETS_MANAGE = "budgets.manage"
    AUDIT_VIEW = "audit.view"
    AUDIT_EXPORT = "audit.export"


class Scope(StrEnum):
    """Whose rows a permission reaches."""

    #: Only rows that the person created.
    OWN = "own"
    #: Every row of the organization.
    ORGANIZATION = "organization"


P = Permission

_VIEWER = {P.ORGANIZATION_VIEW, P.PROJECTS_VIEW, P.ORCHESTRATIONS_VIEW, P.TEMPLATES_VIEW}
_MEMBER = _VIEWER | {P.PROJECTS_CREATE, P.ORCHESTRATIONS_RUN, P.ORCHESTRATIONS_REVIEW, P.TEMPLATES_CREATE}
_MEMBER_OWN = {P.PROJECTS_EDIT, P.PROJECTS_ARCHIVE, P.ORCHESTRATIONS_CANCEL, P.TEMPLATES_EDIT}
_MANAGER = (
    _MEMBER
    | _MEMBER_OWN
    | {
        P.TEMPLATES_PUBLISH,
        P.USERS_VIEW,
        P.USERS_INVITE,
        P.ANALYTICS_VIEW,
        P.BUDGETS_MANAGE,
        P.WEBHOOKS_VIEW,
        P.CONNECTIONS_VIEW,
    }
)

#: role -> permission -> how far it reaches. What is not here is not permitted.
GRANTS: dict[Role, dict[Permission, Scope]] = {
    Role.VIEWER: dict.fromkeys(_VIEWER, Scope.ORGANIZATION),
    Role.MEMBER: dict.fromkeys(_MEMBER, Scope.ORGANIZATION) | dict.fromkeys(_MEMBER_OWN, Scope.OWN),
    Role.MANAGER: dict.fromkeys(_MANAGER, Scope.ORGANIZATION),
    Role.ADMIN: dict.fromkeys(Permission, Scope.ORGANIZATION),
}
