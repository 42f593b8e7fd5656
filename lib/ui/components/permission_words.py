"""What roles and permissions are called, so that every page says them alike."""

from collections.abc import Mapping
from typing import Final

from lib.access.permission_names import PERMISSIONS
from lib.access.permissions import GRANTS, Permission, Role, Scope
from lib.ui import words

#: Role -> what it is for, in a line.
ROLES: Final[Mapping[Role, str]] = {
    Role.ADMIN: "everything in the organization, its people and settings among it",
    Role.MANAGER: "all projects, runs and templates, analytics and budgets; invites members and viewers",
    Role.MEMBER: "makes projects, launches and reviews runs; edits and cancels what is their own",
    Role.VIEWER: "reads projects, runs and templates",
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
