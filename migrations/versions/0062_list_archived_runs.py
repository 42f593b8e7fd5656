"""Which runs are in an archive stands in a table of its own: the archive's row stays as small as any other.

A list of them in the row was written again, to its index as well, with every change of the row: whoever restored an
archive of a million runs waited five seconds at the button.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from alembic import op

from migrations import audit, functions, rls

revision = "0062"
down_revision = "0061"

ARCHIVES, RUNS = "archives", "archived_runs"
LISTS = ("run_ids", "away_ids")
INDEX = f"idx_{ARCHIVES}_run_ids"
MADE = "api_is_back"
CHANGED = ("api_are_archived", "api_find_archive_of", "api_hold_archive", "api_keep_archive", "api_settle_archive")
#: What workers write, and is no event by itself.
KEPT_BEFORE = (
    *("tables", "run_ids", "run_count", "next_at", "restoring_in", "loaded_at"),
    *("away_ids", "away_count", "away_cost_usd", "away_unknown_costs"),
)
KEPT_BY_WORKERS = tuple(name for name in KEPT_BEFORE if name not in LISTS)
COUNTS = ("run_count", "away_count")
#: The columns from the first list on, as the version before has them in their order.
BEFORE = {
    "run_ids": "uuid[] NOT NULL DEFAULT '{}'",
    "run_count": "integer GENERATED ALWAYS AS (cardinality(run_ids)) STORED",
    "restore_asked_by": "uuid",
    "restore_asked_at": "timestamptz",
    "restoring_in": "bigint",
    "loaded_at": "timestamptz",
    "restored_at": "timestamptz",
    "removed_by": "uuid",
    "removed_at": "timestamptz",
    "away_ids": "uuid[] NOT NULL DEFAULT '{}'",
    "away_count": "integer GENERATED ALWAYS AS (cardinality(away_ids)) STORED",
    "away_cost_usd": "numeric(18,6)",
    "away_unknown_costs": "integer NOT NULL DEFAULT 0",
}
#: Column -> the key by which it names a person.
PEOPLE = {"restore_asked_by": "archives_restorer_fkey", "removed_by": "archives_remover_fkey"}


def upgrade() -> None:
    op.execute(f"LOCK TABLE {ARCHIVES} IN SHARE ROW EXCLUSIVE MODE")  # no worker moves runs in between
    _create()
    op.execute(f"ALTER TABLE {ARCHIVES} ADD CONSTRAINT {ARCHIVES}_organization_id_id_key UNIQUE (organization_id, id)")
    op.execute(
        f"ALTER TABLE {RUNS} ADD CONSTRAINT {RUNS}_archive_fkey FOREIGN KEY (organization_id, archive_id) "
        f"REFERENCES {ARCHIVES} (organization_id, id) ON DELETE CASCADE"
    )
    op.execute(
        f"ALTER TABLE {ARCHIVES} "
        + ", ".join(
            f"ALTER COLUMN {name} DROP EXPRESSION, ALTER COLUMN {name} SET DEFAULT 0, ALTER COLUMN {name} SET NOT NULL"
            for name in COUNTS
        )
    )
    # emptied first: what a column held that is gone lies there until its row is written again
    op.execute(f"DROP INDEX {INDEX}")
    with _untold():
        op.execute(f"UPDATE {ARCHIVES} SET {', '.join(f'{name} = DEFAULT' for name in LISTS)}")
    op.execute(f"ALTER TABLE {ARCHIVES} {', '.join(f'DROP COLUMN {name}' for name in LISTS)}")
    audit.watch(ARCHIVES, ignore=KEPT_BY_WORKERS)
    functions.create(MADE)
    for name in CHANGED:
        functions.replace(name)


def _create() -> None:
    """The table with what the lists hold. Archives can be read meanwhile."""
    op.execute(f"""
        CREATE TABLE {RUNS} (
            run_id uuid NOT NULL,
            archive_id uuid NOT NULL,
            organization_id uuid NOT NULL,
            is_away boolean NOT NULL DEFAULT true
        )""")
    # by sorting, for a join of two lists of unknown length may go through the one for each of the other
    op.execute(f"""
        INSERT INTO {RUNS} (run_id, archive_id, organization_id, is_away)
        SELECT run_id, archive_id, organization_id, bool_or(is_away)
          FROM (SELECT unnest(run_ids) AS run_id, id AS archive_id, organization_id, false AS is_away FROM {ARCHIVES}
                UNION ALL
                SELECT unnest(away_ids), id, organization_id, true FROM {ARCHIVES}) AS listed
         GROUP BY run_id, archive_id, organization_id
         ORDER BY archive_id, run_id""")
    op.execute(f"ALTER TABLE {RUNS} ADD CONSTRAINT {RUNS}_pkey PRIMARY KEY (run_id, archive_id)")
    op.execute(f"CREATE INDEX idx_{RUNS}_archive ON {RUNS} (organization_id, archive_id)")
    rls.protect(RUNS)
    rls.open_to_owner(RUNS)


def downgrade() -> None:
    _put_back()
    audit.watch(ARCHIVES, ignore=KEPT_BEFORE)
    for name in CHANGED:
        functions.replace(name, before=revision)
    functions.drop(MADE)
    op.execute(f"DROP TABLE {RUNS}")
    op.execute(f"ALTER TABLE {ARCHIVES} DROP CONSTRAINT {ARCHIVES}_organization_id_id_key")


@contextmanager
def _untold() -> Iterator[None]:
    """What is written is no event, and what stands in a record of what was removed may be written as well."""
    op.execute(f"ALTER TABLE {ARCHIVES} DISABLE TRIGGER USER")
    yield
    op.execute(f"ALTER TABLE {ARCHIVES} ENABLE TRIGGER USER")


def _put_back() -> None:
    """Make the columns that were in the middle anew, and those behind them, so that they stand where they stood."""
    kept = [name for name in BEFORE if name not in {*LISTS, *COUNTS}]
    op.execute(f"ALTER TABLE {ARCHIVES} ALTER COLUMN away_unknown_costs DROP NOT NULL")  # which has a name of its own
    for name in kept:
        op.execute(f"ALTER TABLE {ARCHIVES} RENAME COLUMN {name} TO now_{name}")
    op.execute(f"ALTER TABLE {ARCHIVES} {', '.join(f'DROP COLUMN {name}' for name in COUNTS)}")
    op.execute(f"ALTER TABLE {ARCHIVES} {', '.join(f'ADD COLUMN {name} {is_}' for name, is_ in BEFORE.items())}")
    listed = f"SELECT run_id FROM {RUNS} r WHERE r.organization_id = a.organization_id AND r.archive_id = a.id"
    with _untold():
        op.execute(f"""
            UPDATE {ARCHIVES} a
               SET run_ids = ARRAY({listed} ORDER BY run_id), away_ids = ARRAY({listed} AND is_away ORDER BY run_id),
                   {", ".join(f"{name} = now_{name}" for name in kept)}""")
    op.execute(f"ALTER TABLE {ARCHIVES} {', '.join(f'DROP COLUMN now_{name}' for name in kept)}")
    for column, key in PEOPLE.items():
        op.execute(
            f"ALTER TABLE {ARCHIVES} ADD CONSTRAINT {key} FOREIGN KEY (organization_id, {column}) "
            "REFERENCES users (organization_id, id) ON DELETE CASCADE"
        )
        op.execute(f"CREATE INDEX idx_{ARCHIVES}_{column} ON {ARCHIVES} (organization_id, {column})")
    op.execute(f"CREATE INDEX {INDEX} ON {ARCHIVES} USING gin (run_ids) WITH (fastupdate = off)")
