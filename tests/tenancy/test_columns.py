"""Rights that reach some columns of a row and not the others."""

import pytest

from lib.access.permissions import Permission
from tests import doors
from tests.cast import Cast
from tests.database import ClonedDatabase
from tests.factories import make_project
from tests.made_runs import make_run


def grant(database: ClonedDatabase, cast: Cast, permission: Permission) -> None:
    """Give vera, who may only read, one permission more."""
    with doors.admin(database) as connection:
        connection.execute(
            "UPDATE users SET permissions = jsonb_build_array(%s::text) WHERE id = %s",
            [permission.value, cast.vera.user_id],
        )


@pytest.mark.parametrize(
    ("permission", "change", "is_let_through"),
    [
        (Permission.PROJECTS_ARCHIVE, "status = 'archived', archived_at = now()", True),
        (Permission.PROJECTS_ARCHIVE, "name = 'Mine now'", False),
        (Permission.PROJECTS_ARCHIVE, "status = 'archived', archived_at = now(), topic = 'Mine'", False),
        (Permission.PROJECTS_ARCHIVE, "status = 'completed'", False),
        (Permission.PROJECTS_EDIT, "name = 'Another name'", True),
        (Permission.PROJECTS_EDIT, "status = 'completed'", True),
        (Permission.PROJECTS_EDIT, "status = 'archived', archived_at = now()", False),
    ],
)
def test_archiving_and_editing_are_two_rights(
    database: ClonedDatabase, cast: Cast, permission: Permission, change: str, is_let_through: bool
) -> None:
    project_id = make_project(database, cast.alice)
    grant(database, cast, permission)
    with doors.person(database, cast.vera) as connection:
        refused = doors.refusal(connection, f"UPDATE projects SET {change} WHERE id = %s", [project_id])
    assert (refused is None) is is_let_through


def test_right_to_deactivate_rewrites_nobodys_profile(database: ClonedDatabase, cast: Cast) -> None:
    grant(database, cast, Permission.USERS_DEACTIVATE)
    with doors.person(database, cast.vera) as connection:
        rename = "UPDATE users SET full_name = 'Somebody else' WHERE id = %s"
        assert doors.reached(connection, rename, [cast.max.user_id]) == 0  # who may not see people does not find him
        assert doors.reached(connection, rename, [cast.vera.user_id]) == 1


@pytest.mark.parametrize(
    "column", ["results = '{}'", "success_rate = 100", "error_details = '{}'", "execution_time_ms = 1"]
)
@pytest.mark.parametrize("move", ["status = 'cancelled'", "cancel_requested_at = now()"])
def test_person_who_cancels_forges_nothing(database: ClonedDatabase, cast: Cast, move: str, column: str) -> None:
    run = make_run(database, cast.alice, project_id=make_project(database, cast.alice))
    with doors.person(database, cast.alice) as connection:
        forge = f"UPDATE orchestration_runs SET {move}, {column} WHERE id = %s"
        assert doors.refusal(connection, forge, [run.id]) is not None
        assert doors.refusal(connection, f"UPDATE orchestration_runs SET {move} WHERE id = %s", [run.id]) is None
