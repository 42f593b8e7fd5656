"""Functions of the database: one .sql file each under migrations/sql, loaded by the migration that brings them.

The file is what holds today. A migration that changes a function first copies the file to `sql/before_<revision>/`;
the older migrations then say `before="<revision>"`, and so does its own downgrade.
"""

from collections.abc import Iterator
from pathlib import Path

from alembic import op

SQL = Path(__file__).parent / "sql"


def create(name: str, *, execute: str = "", before: str | None = None) -> None:
    """Run `sql/<name>.sql`, or what it was `before` that revision, and let `execute`, a list of roles, call it.

    The file's first line names the signature: `-- api.may(text)`; nobody but the roles named may execute it.
    """
    for statement in statements(name, execute=execute, before=before):
        op.execute(statement)


def statements(name: str, *, execute: str = "", before: str | None = None) -> Iterator[str]:
    """What `create` runs, without semicolons at the end."""
    source, signature = _read(name, before)
    yield source
    yield f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC"
    if execute:
        yield f"GRANT EXECUTE ON FUNCTION {signature} TO {execute}"


def replace(name: str, *, before: str | None = None) -> None:
    """Give a function of the same signature the body of `sql/<name>.sql`; who may call it stays."""
    op.execute(_read(name, before)[0].replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1))


def drop(name: str, *, before: str | None = None) -> None:
    """Take back what `create` made; `before` names the revision that did away with its file."""
    op.execute(f"DROP FUNCTION {_read(name, before)[1]}")


def _read(name: str, before: str | None = None) -> tuple[str, str]:
    folder = SQL / f"before_{before}" if before else SQL
    source = (folder / f"{name}.sql").read_text(encoding="utf-8").rstrip().removesuffix(";")
    return source, source.partition("\n")[0].removeprefix("-- ")
