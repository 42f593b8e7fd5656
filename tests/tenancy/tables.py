"""The tables as the catalog has them: key, whose rows are whose, and what refers to what."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from lib.models import Base
from tests.doors import Connection

#: The installation's own, with nothing of anybody's: addresses that people try to sign in from.
INSTALLATION_TABLES = ("sign_in_networks",)
#: The same, and only the owner's functions read them: keys, what they have to know of the settings, sizes of tables.
OWNERS_TABLES = ("claim_keys", "engine_settings", "size_samples")
#: Every other table of ours, for naming tests; a test holds it against the catalog.
NAMES = sorted({*Base.metadata.tables} - {*INSTALLATION_TABLES, *OWNERS_TABLES})
#: The identity login's own, which hold no tenant's rows but a person's way in.
IDENTITY_TABLES = ("user_credentials", "user_sessions", "user_tokens")
TENANT_TABLES = [name for name in NAMES if name not in IDENTITY_TABLES]


@dataclass(frozen=True, slots=True)
class Reference:
    """A column that names a row of another table."""

    column: str
    table: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table and the rows that the world has put into it, by organization."""

    name: str
    key: str
    #: Organization -> keys of its rows. None are the installation's own.
    rows: dict[UUID | None, list[UUID]]
    references: tuple[Reference, ...]


def read_tables(connection: Connection) -> dict[str, Table]:
    """Every table of the schema that holds somebody's rows, as the superuser sees it."""
    found = connection.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') "
        "AND relname <> 'alembic_version' AND relname <> ALL (%s)",
        [[*INSTALLATION_TABLES, *OWNERS_TABLES]],
    )
    return {name: _read_table(connection, name) for (name,) in found.fetchall()}


def copy_row(connection: Connection, table: Table, key: UUID, changes: dict[str, Any]) -> dict[str, Any]:
    """A row as a dict, with `changes`; for `insert_row`."""
    row = connection.execute(
        f"SELECT to_jsonb(t) FROM {table.name} t WHERE {table.key} = %s".encode(), [key]
    ).fetchone()
    assert row is not None
    return {**row[0], **changes}


def insert_statement(table: Table, connection: Connection) -> str:
    """Inserts a row that is given as JSON: what the login may write of it, or all where it may write nothing."""
    possible, allowed = written_columns(table.name), set(columns_with(connection, table.name, "INSERT"))
    columns = ", ".join(name for name in possible.split(", ") if name in allowed) or possible
    return (
        f"INSERT INTO {table.name} ({columns}) "
        f"SELECT {columns} FROM jsonb_populate_record(NULL::{table.name}, %s::jsonb)"
    )


def written_columns(table: str) -> str:
    """The columns that PostgreSQL does not work out itself, as SQL names them."""
    return ", ".join(column.name for column in Base.metadata.tables[table].columns if column.computed is None)


def columns_with(connection: Connection, table: str, privilege: str) -> list[str]:
    """The columns that the role of this moment may INSERT into, UPDATE or SELECT."""
    rows = connection.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped "
        "AND has_column_privilege(attrelid, attnum, %s) ORDER BY attnum",
        [f"public.{table}", privilege],
    )
    return [name for (name,) in rows]


def _read_table(connection: Connection, name: str) -> Table:
    columns = {
        column
        for (column,) in connection.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0", [name]
        )
    }
    if name == "organizations":
        whose = "id"
    elif "organization_id" in columns:
        whose = "organization_id"
    elif "invitation_id" in columns:
        whose = (
            "coalesce((SELECT u.organization_id FROM users u WHERE u.id = user_id), "
            "(SELECT i.organization_id FROM invitations i WHERE i.id = invitation_id))"
        )
    elif "user_id" in columns:
        whose = "(SELECT u.organization_id FROM users u WHERE u.id = user_id)"
    else:
        raise AssertionError(f"nobody can say whose the rows of {name} are: give it an organization_id")
    key = connection.execute(
        "SELECT attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0] "
        "WHERE i.indrelid = %s::regclass AND i.indisprimary",
        [name],
    ).fetchone()
    assert key is not None, f"{name} has no primary key"
    rows: dict[UUID | None, list[UUID]] = {}
    for organization, row_key in connection.execute(f"SELECT {whose}, {key[0]} FROM {name}".encode()):
        rows.setdefault(organization, []).append(row_key)
    references = connection.execute(
        "SELECT DISTINCT a.attname, c.confrelid::regclass::text FROM pg_constraint c "
        "JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[cardinality(c.conkey)] "
        "WHERE c.conrelid = %s::regclass AND c.contype = 'f' ORDER BY 1",
        [name],
    )
    return Table(name, key[0], rows, tuple(Reference(*each) for each in references))
