from lib.access.permission_names import PERMISSIONS
from lib.access.permissions import GRANTS, Permission, Role, Scope
from lib.ui.components.permission_words import ROLES, holders_in_words, role_in_words


def test_every_role_and_permission_has_words_of_its_own() -> None:
    assert set(ROLES) == set(Role)
    assert list(PERMISSIONS) == list(Permission), "in the order of the table"
    assert len(set(PERMISSIONS.values())) == len(Permission)
    assert role_in_words(Role.VIEWER) == "Viewer: reads projects, runs and templates"


def test_holders_are_the_roles_that_have_it_for_everything() -> None:
    assert holders_in_words(Permission.AUDIT_VIEW) == "admins"
    assert holders_in_words(Permission.USERS_INVITE) == "admins and managers"
    assert holders_in_words(Permission.PROJECTS_CREATE) == "admins, managers and members"
    for permission in Permission:
        said = holders_in_words(permission)
        for role in Role:
            assert (f"{role}s" in said) == (GRANTS[role].get(permission) is Scope.ORGANIZATION)
