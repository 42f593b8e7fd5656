"""Rows that the database makes up and writes by COPY: one connection makes them, another writes them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import psycopg

from tests.doors import Connection, Database

#: The server says a row at a time; passed on one by one, each would cost another call.
_CHUNK_BYTES: Final = 65_536
_TYPES: Final = """
    SELECT a.attname, format_type(a.atttypid, a.atttypmod) FROM pg_attribute a
     WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped
"""


@dataclass(frozen=True, slots=True)
class Made:
    """Rows of a table: the columns beside the key, and a select that makes them up, as INSERT takes both."""

    table: str
    columns: str
    select: str


def copy_rows(database: Database, into: Connection, made: Made, values: Mapping[str, Any]) -> None:
    """Write them through `into`, which has to have committed what they are made from, and commit them.

    The keys are PostgreSQL 18's own, one after the other as those of real rows are. Of a millisecond `api.uuid7` gives
    them in any order, and so many in one make indexes a sixth larger. The binary format tells no types, so each column
    has its own before.
    """
    types = dict(into.execute(_TYPES, [made.table]).fetchall())
    typed = ", ".join(f"made.{column}::{types[column]}" for column in made.columns.split(", "))
    select = f"SELECT uuidv7(), {typed} FROM ({made.select}) made ({made.columns})"
    with psycopg.connect(database.admin_url) as reading:
        read = reading.cursor().copy(f"COPY ({select}) TO STDOUT (FORMAT binary)".encode(), values)
        written = into.cursor().copy(f"COPY {made.table} (id, {made.columns}) FROM STDIN (FORMAT binary)".encode())
        with read as chunks, written as writing:
            for chunk in _gather(chunks):
                writing.write(chunk)
    into.commit()


def _gather(chunks: Iterable[bytes | bytearray | memoryview]) -> Iterable[bytes]:
    gathered = bytearray()
    for chunk in chunks:
        gathered += chunk
        if len(gathered) > _CHUNK_BYTES:
            yield bytes(gathered)
            gathered.clear()
    yield bytes(gathered)
