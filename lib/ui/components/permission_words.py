"""What roles and permissions are called, so that every page says them alike."""

from collections.abc import Mapping
from typing import Final

from lib.access.permissions import GRANTS, Permission, Role, Scope
from lib.ui import words

P = Permission

#: Role -> what it is for, in a line.
ROLES: Final[Mapping[Role, str]] = {
    Role.ADMIN: "everything in the organization, its people and settings among it",
    Role.MANAGER: "all projects, runs and templates, analytics and budgets; invites members and viewers",
    Role.MEMBER: "makes projects, launches and reviews runs; edits and cancels what is their own",
    Role.VIEWER: "reads projects, runs and templates",
}

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


def role_in_words(role: Role) -> str:
    """The role and what it is for, as an option to choose."""
    return f"{role.capitalize()}: {ROLES[role]}"


def holders_in_words(permission: Permission) -> str:
    """Which roles have it for everything: "admins and managers"."""
    holders = [f"{role}s" for role in Role if GRANTS[role].get(permission) is Scope.ORGANIZATION]
    return words.together(holders)


def refusal_in_words(permission: Permission) -> str:
    """What whoever lacks it reads: what it is called, which roles have it, and who can grant it."""
    return (
        f"This needs “{PERMISSIONS[permission]}”, which {holders_in_words(permission)} have. Ask an admin of your "
        "organization to grant it."
    )
