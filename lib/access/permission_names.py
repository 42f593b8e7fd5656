"""What permissions are called, on pages as in the trail and its reports."""

from collections.abc import Mapping
from typing import Final

from lib.access.permissions import Permission

P = Permission

#: In the order of the permission table; nouns first, so that a list of them can be read.
PERMISSIONS: Final[Mapping[Permission, str]] = {
    P.ORGANIZATION_VIEW: "Organization: see it",
    P.ORGANIZATION_EDIT: "Organization: change its settings",
    P.USERS_VIEW: "Users: see them",
    P.USERS_INVITE: "Users: invite",
    P.USERS_EDIT: "Users: change roles and permissions",
    P.USERS_DEACTIVATE: "Users: deactivate and reactivate",
    P.PROJECTS_VIEW: "Projects: see them",
    P.PROJECTS_CREATE: "Projects: create",
    P.PROJECTS_EDIT: "Projects: edit",
    P.PROJECTS_ARCHIVE: "Projects: archive and restore",
    P.ORCHESTRATIONS_VIEW: "Runs: see them",
    P.ORCHESTRATIONS_RUN: "Runs: launch",
    P.ORCHESTRATIONS_CANCEL: "Runs: cancel",
    P.ORCHESTRATIONS_REVIEW: "Runs: review",
    P.TEMPLATES_VIEW: "Templates: see them",
    P.TEMPLATES_CREATE: "Templates: create",
    P.TEMPLATES_EDIT: "Templates: edit",
    P.TEMPLATES_PUBLISH: "Templates: publish",
    P.WEBHOOKS_VIEW: "Webhooks: see them",
    P.WEBHOOKS_MANAGE: "Webhooks: manage",
    P.CONNECTIONS_VIEW: "Connections: see them",
    P.CONNECTIONS_MANAGE: "Connections: manage",
    P.ANALYTICS_VIEW: "Analytics: see them",
    P.BUDGETS_MANAGE: "Budgets: manage",
    P.AUDIT_VIEW: "Audit trail: read",
    P.AUDIT_EXPORT: "Audit trail: export",
}


def name_permission(stored: str) -> str:
    """What it is called; by itself where this version of the program knows no such permission."""
    return PERMISSIONS[Permission(stored)] if stored in set(Permission) else stored


def say_permission(stored: str) -> str:
    """The same with the id that scripts and the trail know it by: "Audit trail: read (audit.view)"."""
    name = name_permission(stored)
    return f"{name} ({stored})" if name != stored else stored
