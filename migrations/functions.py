"""Functions of the database: one .sql file each under migrations/sql, loaded by the migration that brings them."""

from collections.abc import Iterator
from pathlib import Path

from alembic import op

SQL = Path(__file__).parent / "sql"


def create(name: str, *, execute: str = "") -> None:
    """Run `sql/<name>.sql` and let `execute`, a list of roles, call what it makes.

    The file's first line names the signature: `-- api.may(text)`; nobody but the roles named may execute it.
    """
    for statement in statements(name, execute=execute):
        op.execute(statement)


def statements(name: str, *, execute: str = "") -> Iterator[str]:
    """What `create` runs, without semicolons at the end."""
    source, signature = _read(name)
    yield source
    yield f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC"
    if execute:
        yield f"GRANT EXECUTE ON FUNCTION {signature} TO {execute}"


def drop(name: str) -> None:
    """Take back what `create` made."""
    op.execute(f"DROP FUNCTION {_read(name)[1]}")


def _read(name: str) -> tuple[str, str]:
    source = (SQL / f"{name}.sql").read_text(encoding="utf-8").rstrip().removesuffix(";")
    return source, source.partition("\n")[0].removeprefix("-- ")
