"""Functions of the database: one .sql file each under migrations/sql, loaded by the migration that brings them."""

from pathlib import Path

from alembic import op

SQL = Path(__file__).parent / "sql"


def create(name: str, *, execute: str = "") -> None:
    """Run `sql/<name>.sql` and let `execute`, a list of roles, call what it makes.

    The file's first line names the signature: `-- api.may(text)`; nobody but the roles named may execute it.
    """
    source = (SQL / f"{name}.sql").read_text(encoding="utf-8")
    signature = source.partition("\n")[0].removeprefix("-- ")
    op.execute(source)
    op.execute(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
    if execute:
        op.execute(f"GRANT EXECUTE ON FUNCTION {signature} TO {execute}")


def drop(name: str) -> None:
    """Take back what `create` made."""
    signature = (SQL / f"{name}.sql").read_text(encoding="utf-8").partition("\n")[0].removeprefix("-- ")
    op.execute(f"DROP FUNCTION {signature}")
