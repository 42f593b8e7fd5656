"""The generic audit trigger, put on a table by the migration that makes it."""

from collections.abc import Sequence

from alembic import op


def watch(table: str, *, resource: str | None = None, ignore: Sequence[str] = (), secret: Sequence[str] = ()) -> None:
    """Write every insert, update and delete of the table to `audit_logs`.

    `resource` is the word before the dot of the action (`projects.update`), `ignore` names counters whose change is
    no event, `secret` the columns whose value is never written. A table that is watched already is watched anew.
    """
    arguments = ", ".join(f"'{value}'" for value in (resource or table, ",".join(ignore), ",".join(secret)))
    op.execute(
        f"CREATE OR REPLACE TRIGGER {table}_audit AFTER INSERT OR UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION api.audit({arguments})"
    )


def touch(table: str, *, ignore: Sequence[str] = ()) -> None:
    """Keep `updated_at` by trigger. `ignore` names counters: a statement that moves one is no edit."""
    still = " AND ".join(f"OLD.{column} IS NOT DISTINCT FROM NEW.{column}" for column in ignore)
    op.execute(
        f"CREATE TRIGGER {table}_touch BEFORE UPDATE ON {table} FOR EACH ROW "
        f"{f'WHEN ({still}) ' if still else ''}EXECUTE FUNCTION api.touch_updated_at()"
    )
