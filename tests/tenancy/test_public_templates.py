"""Public templates: the one thing that organizations show each other, and no more than that."""

from uuid import UUID

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests import doors
from tests.cast import Cast
from tests.database import ClonedDatabase
from tests.factories import make_project, make_template, make_version
from tests.made_runs import make_run
from tests.made_templates import agree_to_public, make_public_template

NOT_ALLOWED = "42501"


@pytest.fixture
def public(database: ClonedDatabase, cast: Cast) -> UUID:
    return make_public_template(database, cast.alice, name="For everybody")


def test_public_templates_are_read_by_everybody(database: ClonedDatabase, cast: Cast, public: UUID) -> None:
    assert _seen(database, cast) == 1


@pytest.mark.parametrize(
    "change", ["is_public = false", "status = 'retired'", "status = 'draft'", "deleted_at = now()"]
)
def test_public_templates_are_gone_when_they_are_no_longer_both_public_and_published(
    database: ClonedDatabase, cast: Cast, public: UUID, change: str
) -> None:
    with doors.person(database, cast.alice) as connection:
        connection.execute(f"UPDATE orchestration_templates SET {change} WHERE id = %s".encode(), [public])
    assert _seen(database, cast) == 0


def test_public_templates_are_nobodys_without_claims(database: ClonedDatabase, cast: Cast, public: UUID) -> None:
    with doors.person(database, None) as connection:
        assert connection.execute("SELECT FROM orchestration_templates").rowcount == 0
        assert connection.execute("SELECT FROM readable_templates").rowcount == 0
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
    with doors.person(database, cast.vera) as connection:
        for _ in range(3):
            connection.execute("SELECT api.use_template(%s)", [public])  # the version before counted here
    with doors.admin(database) as connection:
        row = connection.execute("SELECT usage_count FROM orchestration_templates WHERE id = %s", [public]).fetchone()
    assert row == (1,)


PUBLISH = "UPDATE orchestration_templates SET status = 'published' WHERE id = %s"
MAKE_PUBLIC = "UPDATE orchestration_templates SET status = 'published', is_public = true WHERE id = %s"


@pytest.mark.parametrize("change", [PUBLISH, MAKE_PUBLIC])
def test_public_templates_are_published_by_those_with_the_permission_only(
    database: ClonedDatabase, cast: Cast, change: str
) -> None:
    for member in (cast.max, cast.vera):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            make_template(database, member, status="published", is_public=change is MAKE_PUBLIC)
    draft = make_template(database, cast.max)
    make_version(database, cast.max, draft)
    agree_to_public(database, cast.max, draft, approver=cast.alice)
    with doors.person(database, cast.max) as connection:
        assert doors.refusal(connection, change, [draft]) == NOT_ALLOWED
    with doors.person(database, cast.mona) as connection:
        assert doors.reached(connection, change, [draft]) == 1
        connection.execute(change.encode(), [draft])
    with doors.person(database, cast.max) as connection:
        rename = "UPDATE orchestration_templates SET name = 'Mine again' WHERE id = %s"
        assert doors.refusal(connection, rename, [draft]) == NOT_ALLOWED


def test_public_templates_are_public_once_another_person_has_agreed_to_that_version(
    database: ClonedDatabase, cast: Cast
) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        make_template(database, cast.alice, status="published", is_public=True)
    draft = make_template(database, cast.mona)
    make_version(database, cast.mona, draft)
    with doors.person(database, cast.mona) as connection:
        assert doors.refusal(connection, MAKE_PUBLIC, [draft]) == NOT_ALLOWED
    alone = make_template(database, cast.mona)
    make_version(database, cast.mona, alone)
    with pytest.raises(psycopg.errors.CheckViolation):
        agree_to_public(database, cast.mona, alone, approver=cast.mona)
    agree_to_public(database, cast.mona, draft, approver=cast.alice)
    with doors.person(database, cast.mona) as connection:
        connection.execute(MAKE_PUBLIC.encode(), [draft])
    assert _seen(database, cast) == 1
    changed = {"phases": [{"code": "A", "name": "Other", "prompt": "Nobody has read this."}]}
    make_version(database, cast.mona, draft, version=2, data=changed)
    offer = "UPDATE orchestration_templates SET version = 2, template_data = %s WHERE id = %s"
    with doors.person(database, cast.mona) as connection:
        assert doors.refusal(connection, offer, [Jsonb(changed), draft]) == NOT_ALLOWED
    assert _seen(database, cast) == 1


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


def test_of_a_public_one_nothing_is_read_but_what_its_page_shows(
    database: ClonedDatabase, cast: Cast, public: UUID
) -> None:
    with doors.person(database, cast.charlie) as connection:
        for table in ("orchestration_templates", "template_versions", "template_reviews", "template_statistics"):
            assert connection.execute(f"SELECT FROM {table}".encode()).rowcount == 0, table
        seen = connection.execute(
            "SELECT organization_id, created_by, usage_count, forked_from, publisher_name, version "
            "FROM readable_templates WHERE id = %s",
            [public],
        ).fetchone()
    assert seen == (None, None, None, None, cast.alice.organization_name, 1)


def test_condition_of_the_view_comes_before_what_is_asked_of_it(database: ClonedDatabase, cast: Cast) -> None:
    """A function that tells what it is given would tell of rows that nobody may see."""
    make_template(database, cast.alice, name="Secret")
    with doors.admin(database) as connection:
        connection.execute(
            "CREATE FUNCTION public.tell(text) RETURNS boolean LANGUAGE plpgsql STABLE COST 0.0000001 AS "
            "$$ BEGIN RAISE EXCEPTION 'told: %', $1; END $$"
        )
        connection.execute("GRANT EXECUTE ON FUNCTION public.tell(text) TO authenticated")
        connection.commit()
    with doors.person(database, cast.charlie) as connection:
        for way in ("indexscan", "indexonlyscan", "bitmapscan"):  # an index would not show the row to anybody
            connection.execute(f"SET LOCAL enable_{way} = off".encode())
        assert connection.execute("SELECT FROM readable_templates WHERE public.tell(name)").rowcount == 0


@pytest.mark.parametrize("change", ["suspended_at = now()", "deleted_at = now()"])
def test_public_ones_of_an_organization_that_is_gone_are_gone(
    database: ClonedDatabase, cast: Cast, public: UUID, change: str
) -> None:
    with doors.admin(database) as connection:
        connection.execute(f"UPDATE organizations SET {change} WHERE id = %s".encode(), [cast.organization_a])
    assert _seen(database, cast) == 0
    with doors.person(database, cast.charlie) as connection:
        assert connection.execute("SELECT api.find_template(%s)", [public]).fetchone() == (None,)


def test_renamed_organization_publishes_under_its_new_name(database: ClonedDatabase, cast: Cast, public: UUID) -> None:
    with doors.person(database, cast.alice) as connection:
        connection.execute("UPDATE organizations SET name = 'Renamed' WHERE id = %s", [cast.organization_a])
    with doors.person(database, cast.charlie) as connection:
        seen = connection.execute("SELECT publisher_name FROM readable_templates WHERE id = %s", [public]).fetchone()
    assert seen == ("Renamed",)


def test_card_of_a_public_one_is_changed_once_another_person_has_agreed(
    database: ClonedDatabase, cast: Cast, public: UUID
) -> None:
    with doors.person(database, cast.alice) as connection:
        for change in ("name = 'Phishing'", "description = 'x'", "category = 'x'", "tags = '{x}'"):
            statement = f"UPDATE orchestration_templates SET {change} WHERE id = %s"
            assert doors.refusal(connection, statement, [public]) == NOT_ALLOWED, change


def _seen(database: ClonedDatabase, cast: Cast) -> int:
    """How many templates organization B sees of others'."""
    with doors.person(database, cast.charlie) as connection:
        return connection.execute("SELECT FROM readable_templates WHERE organization_id IS NULL").rowcount
