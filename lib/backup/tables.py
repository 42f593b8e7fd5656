"""Every table's number of rows and a checksum, to see that a restored one is the same.

The checksum is the sum over all rows of 60 bits of each row's SHA-256: the same in whatever order rows are read, so
that a table is read once and never sorted. It finds faults, not people who write rows to deceive it.
"""

from typing import Any, Final

import psycopg
from psycopg import sql

from lib.backup.manifest import TableSum

#: A row as text has to be the same on each server, whatever it is set to.
_SETTINGS: Final = {
    "timezone": "UTC",
    "datestyle": "ISO, YMD",
    "intervalstyle": "postgres",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "row_security": "off",
}
_TABLES: Final = """
    SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
       AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
                          AND d.deptype = 'e')  -- an extension's, which pg_dump leaves to it
     ORDER BY 1, 2
"""
_SUM: Final = """
    SELECT count(*), coalesce(sum(('x' || left(encode(sha256(convert_to(the_row::text, 'UTF8')), 'hex'), 15))
                                  ::bit(60)::bigint), 0)
      FROM {table} AS the_row
"""


def sum_tables(connection: psycopg.Connection[Any]) -> dict[str, TableSum]:
    """Of every table that is not PostgreSQL's own, in one transaction with what came before in it.

    Raises psycopg's InsufficientPrivilege where policies would hide rows from this login.
    """
    for name, value in _SETTINGS.items():
        connection.execute("SELECT set_config(%s, %s, true)", [name, value])
    return {f"{schema}.{table}": _sum(connection, schema, table) for schema, table in list_tables(connection)}


def list_tables(connection: psycopg.Connection[Any]) -> list[tuple[str, str]]:
    """Schema and name of every table that is not PostgreSQL's own."""
    return connection.execute(_TABLES).fetchall()


def _sum(connection: psycopg.Connection[Any], schema: str, table: str) -> TableSum:
    row = connection.execute(sql.SQL(_SUM).format(table=sql.Identifier(schema, table))).fetchone()
    assert row is not None  # noqa: S101 - a sum has one row
    rows, checksum = row
    return TableSum(rows=rows, checksum=f"{int(checksum):x}")
