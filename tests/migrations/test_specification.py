"""The migrated database against the specification, table by table, as PostgreSQL's catalog tells it."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests import doors
from tests.data_model import ADDED, ADDED_TABLES, STRICTER
from tests.database import ClonedDatabase
from tests.doors import Connection
from tests.specification import INDEXES, NOT_NULL, PRIMARY_KEY, TABLES, UNIQUE, WORDS, Column

SPECIFIED = [pytest.param(table, column, id=f"{table}.{column.name}") for table in TABLES for column in TABLES[table]]
DECLARED = [
    pytest.param(table, column, id=f"{table}.{column.name}")
    for tables in (TABLES, ADDED)
    for table, columns in tables.items()
    for column in columns
]

_COLUMNS = """
    SELECT a.attname, format_type(a.atttypid, a.atttypmod),
           CASE a.attgenerated WHEN '' THEN pg_get_expr(d.adbin, d.adrelid) END, a.attnotnull
    FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped"""
_KEYS = """
    SELECT c.contype, c.confrelid::regclass::text,
           ARRAY(SELECT attname::text FROM unnest(c.conkey) WITH ORDINALITY k(n, i)
                 JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.n ORDER BY i),
           ARRAY(SELECT attname::text FROM unnest(c.confkey) WITH ORDINALITY k(n, i)
                 JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.n ORDER BY i)
    FROM pg_constraint c WHERE c.conrelid = %s::regclass AND c.contype IN ('p', 'u', 'f')"""

# And what is said of rows that an index leaves out.
_INDEX_COLUMNS = """
    SELECT ARRAY(SELECT attname::text FROM unnest(i.indkey::int2[]) WITH ORDINALITY k(n, p)
                 JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.n ORDER BY p),
           pg_get_expr(i.indpred, i.indrelid)
    FROM pg_index i WHERE i.indrelid = %s::regclass"""


@pytest.fixture(scope="module")
def catalog(module_database: ClonedDatabase) -> Iterator[Connection]:
    with doors.admin(module_database) as connection:
        yield connection


def _columns(catalog: Connection, table: str) -> dict[str, tuple[Any, ...]]:
    return {row[0]: row[1:] for row in catalog.execute(_COLUMNS, [table])}


def _keys(catalog: Connection, table: str, kind: str) -> list[tuple[Any, ...]]:
    return [row[1:] for row in catalog.execute(_KEYS, [table]) if row[0] == kind]


def test_every_table_is_there_and_no_other(catalog: Connection) -> None:
    found = {
        name
        for (name,) in catalog.execute(
            "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"
        )
    }
    assert found == {*TABLES, *ADDED_TABLES, "alembic_version"}


@pytest.mark.parametrize("table", TABLES)
def test_table_has_the_columns_declared_and_no_other(catalog: Connection, table: str) -> None:
    assert set(_columns(catalog, table)) == {column.name for column in (*TABLES[table], *ADDED[table])}


@pytest.mark.parametrize(("table", "column"), DECLARED)
def test_column_has_its_type_and_default(catalog: Connection, table: str, column: Column) -> None:
    wanted = f"{column.name} {column.type}" + (f" DEFAULT {column.default}" if column.default else "")
    with catalog.transaction(force_rollback=True):
        catalog.execute(f"CREATE TEMPORARY TABLE wanted ({wanted})".encode())
        wanted_type, wanted_default, _ = _columns(catalog, "pg_temp.wanted")[column.name]
    found_type, found_default, _ = _columns(catalog, table)[column.name]
    assert found_type == wanted_type
    # the specification names no default for a key; ours is made by the database
    assert found_default == ("api.uuid7()" if PRIMARY_KEY in column.demands else wanted_default)


@pytest.mark.parametrize("table", TABLES)
def test_columns_are_not_null_where_demanded_or_listed_as_stricter(catalog: Connection, table: str) -> None:
    columns = (*TABLES[table], *ADDED[table])
    demanded = {column.name for column in columns if column.demands & (NOT_NULL | PRIMARY_KEY)}
    found = {name for name, (_, _, is_not_null) in _columns(catalog, table).items() if is_not_null}
    assert found - demanded == STRICTER[table]
    assert demanded <= found


@pytest.mark.parametrize(
    "table",
    [
        *TABLES,
        *sorted(
            ADDED_TABLES
            - {"user_credentials", "phase_streams", "sign_in_networks", "engine_settings", "connection_turns"}
            - {"archived_runs"}
        ),
    ],
)
def test_primary_key_is_the_id(catalog: Connection, table: str) -> None:
    assert [columns for _, columns, _ in _keys(catalog, table, "p")] == [["id"]]


@pytest.mark.parametrize(("table", "column"), DECLARED)
def test_column_is_unique_exactly_where_demanded(catalog: Connection, table: str, column: Column) -> None:
    is_unique = [column.name] in [columns for _, columns, _ in _keys(catalog, table, "u")]
    assert is_unique == bool(column.demands & UNIQUE)


@pytest.mark.parametrize(("table", "column"), SPECIFIED)
def test_column_refers_to_the_table_specified(catalog: Connection, table: str, column: Column) -> None:
    keys = _keys(catalog, table, "f")
    direct = {target for target, columns, referred in keys if columns == [column.name] and referred == ["id"]}
    assert direct == ({column.refers_to} if column.refers_to else set())


@pytest.mark.parametrize(("table", "column"), [each for each in DECLARED if each not in SPECIFIED])
def test_added_column_refers_to_its_table_alone_or_within_the_organization(
    catalog: Connection, table: str, column: Column
) -> None:
    found = {
        target
        for target, columns, keys in _keys(catalog, table, "f")
        if (columns, keys) == ([column.name], ["id"])
        or (columns, keys) == (["organization_id", column.name], ["organization_id", "id"])
    }
    assert found == ({column.refers_to} if column.refers_to else set())


@pytest.mark.parametrize("name", INDEXES)
def test_index_of_the_specification_is_there(catalog: Connection, name: str) -> None:
    table, columns = INDEXES[name]
    row = catalog.execute("SELECT indexdef FROM pg_indexes WHERE indexname = %s", [name]).fetchone()
    assert row == (f"CREATE INDEX {name} ON public.{table} USING btree ({', '.join(columns)})",)


@pytest.mark.parametrize(("table", "column"), WORDS)
def test_column_takes_the_words_of_the_specification_and_no_other(catalog: Connection, table: str, column: str) -> None:
    row = catalog.execute(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", [f"{table}_{column}_check"]
    ).fetchone()
    assert row is not None
    assert set(row[0].split("'")[1::2]) == WORDS[table, column]


@pytest.mark.parametrize("table", [*TABLES, *sorted(ADDED_TABLES)])
def test_every_foreign_key_is_indexed(catalog: Connection, table: str) -> None:
    """By an index that begins with all columns of the key, or with the one beside the organization."""
    found = catalog.execute(_INDEX_COLUMNS, [table]).fetchall()
    for _, columns, _ in _keys(catalog, table, "f"):
        # rows where the key is empty refer to nothing: who follows it does not look for them
        whole = {None, *(f"({column} IS NOT NULL)" for column in columns)}
        indexes = [tuple(names) for names, condition in found if condition in whole]
        beside = [column for column in columns if column != "organization_id"] or columns
        assert any(set(index[: len(columns)]) == set(columns) or index[:1] == (beside[0],) for index in indexes), (
            f"{table} {columns}"
        )


def test_policy_of_the_specification_is_there_under_its_name(catalog: Connection) -> None:
    row = catalog.execute(
        "SELECT cmd, roles, permissive FROM pg_policies WHERE tablename = 'projects' "
        "AND policyname = 'Projects are organization-scoped'"
    ).fetchone()
    assert row == ("ALL", ["authenticated"], "PERMISSIVE")
