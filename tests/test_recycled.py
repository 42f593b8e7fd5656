"""The database that tests get one after another is as new each time, or another one."""

from collections.abc import Iterator

import psycopg
import pytest

from tests import doors
from tests.cast import make_cast
from tests.database import Server
from tests.recycled import Recycled


@pytest.fixture
def recycled(database_server: Server, database_template: str) -> Iterator[Recycled]:
    made = Recycled(database_server, database_template)
    yield made
    made.close()


def test_rows_of_the_test_before_are_gone(recycled: Recycled) -> None:
    with recycled.lent() as first:
        make_cast(first)
    with recycled.lent() as second, doors.admin(second) as connection:
        assert second.name == first.name
        for table in ("organizations", "users", "user_sessions", "audit_logs"):
            assert connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone() == (0,), table


@pytest.mark.parametrize(
    "change",
    [
        "CREATE OR REPLACE FUNCTION api.uuid7() RETURNS uuid LANGUAGE sql AS 'SELECT gen_random_uuid()'",
        "DROP POLICY projects_owner ON projects",
        "ALTER TABLE projects DISABLE TRIGGER ALL",
        "GRANT SELECT ON user_credentials TO authenticated",
        "ALTER TABLE projects ADD COLUMN more text",
        "ALTER INDEX projects_pkey RENAME TO other",
        "UPDATE alembic_version SET version_num = '0001'",
        "DELETE FROM claim_keys",
        "ANALYZE projects",
    ],
)
def test_what_was_changed_otherwise_is_nobody_elses(recycled: Recycled, change: str) -> None:
    with recycled.lent() as first:
        _run(first.admin_url, change)
    with recycled.lent() as second:
        assert second.name != first.name


def test_who_is_still_inside_is_seen_out(recycled: Recycled) -> None:
    with recycled.lent() as first:
        stranger = psycopg.connect(first.admin_url)
        stranger.execute("LOCK TABLE projects")
    with recycled.lent() as second, doors.admin(second) as connection:
        assert second.name == first.name
        connection.execute("SET lock_timeout = '1s'; LOCK TABLE projects")
    with pytest.raises(psycopg.OperationalError):
        stranger.execute("SELECT 1")
    stranger.close()


def _run(url: str, statement: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(statement.encode())
