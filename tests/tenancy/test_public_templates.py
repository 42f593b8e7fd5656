"""Public templates: the one thing that organizations show each other, and no more than that."""

from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests import doors
from tests.cast import Cast
from tests.database import ClonedDatabase
from tests.factories import make_project, make_template, make_version
from tests.made_runs import make_run

NOT_ALLOWED = "42501"


@pytest.fixture
def public(database: ClonedDatabase, cast: Cast) -> UUID:
    template_id = make_template(database, cast.alice, name="For everybody", is_public=True, status="published")
    make_version(database, cast.alice, template_id)
    return template_id


def test_public_templates_are_read_by_everybody(database: ClonedDatabase, cast: Cast, public: UUID) -> None:
    assert _seen(database, cast) == (1, 1)


@pytest.mark.parametrize(
    "change", ["is_public = false", "status = 'retired'", "status = 'draft'", "deleted_at = now()"]
)
def test_public_templates_are_gone_when_they_are_no_longer_both_public_and_published(
    database: ClonedDatabase, cast: Cast, public: UUID, change: str
) -> None:
    with doors.person(database, cast.alice) as connection:
        connection.execute(f"UPDATE orchestration_templates SET {change} WHERE id = %s".encode(), [public])
    assert _seen(database, cast) == (0, 0)


def test_public_templates_are_nobodys_without_claims(database: ClonedDatabase, cast: Cast, public: UUID) -> None:
    with doors.person(database, None) as connection:
        assert connection.execute("SELECT FROM orchestration_templates").rowcount == 0
        assert connection.execute("SELECT FROM template_versions").rowcount == 0


def test_public_templates_are_changed_by_their_own_organization_only(
    database: ClonedDatabase, cast: Cast, public: UUID
) -> None:
    with doors.person(database, cast.charlie) as connection:
        assert doors.reached(connection, "UPDATE orchestration_templates SET name = 'Mine'") == 0


def test_public_templates_are_launched_and_forked_by_everybody_and_counted(
    database: ClonedDatabase, cast: Cast, public: UUID
) -> None:
    project_id = make_project(database, cast.charlie)
    make_run(database, cast.charlie, project_id=project_id, template_id=public)
    make_template(database, cast.charlie, forked_from=public)
    with doors.person(database, cast.charlie) as connection:
        connection.execute("SELECT api.use_template(%s)", [public])
    with doors.admin(database) as connection:
        row = connection.execute("SELECT usage_count FROM orchestration_templates WHERE id = %s", [public]).fetchone()
    assert row == (1,)


@pytest.mark.parametrize("columns", [{"is_public": True}, {"status": "published"}], ids=str)
def test_public_templates_are_published_by_those_with_the_permission_only(
    database: ClonedDatabase, cast: Cast, columns: dict[str, Any]
) -> None:
    for member in (cast.max, cast.vera):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            make_template(database, member, **columns)
    draft = make_template(database, cast.max)
    (column, value), *_ = columns.items()
    publish = f"UPDATE orchestration_templates SET {column} = %s WHERE id = %s"
    with doors.person(database, cast.max) as connection:
        assert doors.refusal(connection, publish, [value, draft]) == NOT_ALLOWED
    with doors.person(database, cast.mona) as connection:
        assert doors.reached(connection, publish, [value, draft]) == 1
        connection.execute(publish.encode(), [value, draft])
    with doors.person(database, cast.max) as connection:
        change = "UPDATE orchestration_templates SET name = 'Mine again' WHERE id = %s"
        assert doors.refusal(connection, change, [draft]) == NOT_ALLOWED


def test_nobody_writes_their_counter(database: ClonedDatabase, cast: Cast, public: UUID) -> None:
    with doors.person(database, cast.alice) as connection:
        change = "UPDATE orchestration_templates SET usage_count = 9000 WHERE id = %s"
        assert doors.refusal(connection, change, [public]) == NOT_ALLOWED


def test_nobody_makes_a_built_in_one(database: ClonedDatabase, cast: Cast) -> None:
    with doors.person(database, cast.alice) as connection:
        statement = (
            "INSERT INTO orchestration_templates (name, template_data, is_public, created_by) "
            "VALUES ('Built in', '{}', true, %s)"
        )
        assert doors.refusal(connection, statement, [cast.alice.user_id]) == NOT_ALLOWED


def _seen(database: ClonedDatabase, cast: Cast) -> tuple[int, int]:
    """Templates and versions that organization B sees of A's."""
    a = cast.organization_a
    with doors.person(database, cast.charlie) as connection:
        return (
            connection.execute("SELECT FROM orchestration_templates WHERE organization_id = %s", [a]).rowcount,
            connection.execute("SELECT FROM template_versions WHERE organization_id = %s", [a]).rowcount,
        )
