"""The same database once more, in which nobody asks who is there: what policies cost is the difference to it.

Each table is a view of the organization's rows, with the condition that a page would write itself. What the policies
ask, and the functions that ask as they do, is answered with a constant.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import psycopg

from lib.db.logins import AUTHENTICATED, Login
from tests.database import ClonedDatabase, clone_of
from tests.doors import Connection

_SCHEMA = "explicit"
#: What is shown beside one's own organization's rows.
_PUBLIC = {"orchestration_templates": "is_public AND status = 'published' AND deleted_at IS NULL"}
#: Function -> what it returns, and what it answers here.
_ANSWERS = {
    "api.organization_id()": ("uuid", "'{organization}'::uuid"),
    "api.may(p_permission text)": ("boolean", "true"),
    "api.may_own(p_permission text)": ("boolean", "true"),
    "api.sees_all()": ("boolean", "true"),
    "api.require_operator()": ("void", ""),
}
_SCOPED = """
    SELECT c.relname, CASE c.relname WHEN 'organizations' THEN 'id' ELSE a.attname END
      FROM pg_class c LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'organization_id'
     WHERE c.relnamespace = 'public'::regnamespace AND c.relrowsecurity
       AND (c.relname = 'organizations' OR a.attname IS NOT NULL) ORDER BY 1
"""


@contextmanager
def unguarded_copy(database: ClonedDatabase, organization_id: UUID) -> Iterator[ClonedDatabase]:
    """A copy for people of this organization. Nobody may be connected to `database` when it is made."""
    with clone_of(database.name, database.server) as copy:
        with psycopg.connect(copy.admin_url) as connection:
            _answer(connection, organization_id)
            _narrow(connection, organization_id)
            connection.execute(
                f"ALTER ROLE {Login.WEB.role_name} IN DATABASE {copy.name} SET search_path = {_SCHEMA}, public"
            )
        yield copy


def _answer(connection: Connection, organization_id: UUID) -> None:
    for signature, (kind, answer) in _ANSWERS.items():
        body = f"SELECT {answer.format(organization=organization_id)}"
        connection.execute(
            f"CREATE OR REPLACE FUNCTION {signature} RETURNS {kind} LANGUAGE sql STABLE AS $$ {body} $$".encode()
        )


def _narrow(connection: Connection, organization_id: UUID) -> None:
    connection.execute(f"CREATE SCHEMA {_SCHEMA}")
    for table, column in connection.execute(_SCOPED).fetchall():
        public = f" OR {_PUBLIC[table]}" if table in _PUBLIC else ""
        connection.execute(f"ALTER TABLE public.{table} DISABLE ROW LEVEL SECURITY".encode())
        connection.execute(
            f"CREATE VIEW {_SCHEMA}.{table} AS "
            f"SELECT * FROM public.{table} WHERE {column} = '{organization_id}'{public}".encode()
        )
    connection.execute(
        f"CREATE VIEW {_SCHEMA}.people AS "
        "SELECT id, organization_id, coalesce(full_name, username) AS name, role, "
        f"deactivated_at IS NOT NULL OR deleted_at IS NOT NULL AS is_deactivated FROM {_SCHEMA}.users"
    )
    connection.execute(f"GRANT USAGE ON SCHEMA {_SCHEMA} TO {AUTHENTICATED}")
    connection.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA {_SCHEMA} TO {AUTHENTICATED}")
