"""An archive knows which of its runs are in it and nowhere else: those that came back by another one count once.

And twice as many of them come back in twice the time: each part asks the index whether its runs are the archive's.
"""

from alembic import op

from migrations import audit, functions

revision = "0060"
down_revision = "0059"

TABLE = "archives"
#: What workers write, and is no event by itself; as 0056 has it.
KEPT_BY_WORKERS = ("tables", "run_ids", "run_count", "next_at", "restoring_in", "loaded_at")
ADDED = ("away_ids", "away_count", "away_cost_usd", "away_unknown_costs")
CHANGED = ("api_hold_archive", "api_is_restoring", "api_keep_archive", "api_restore_rows", "api_settle_archive")
MADE = "api_are_archived"
CHANGED_AGAIN = dict.fromkeys((MADE, "api_hold_archive", "api_keep_archive", "api_settle_archive"), "0062")
#: What is written to it has to be found at once: a list of what is pending would be gone through each time.
INDEX = f"idx_{TABLE}_run_ids"


def upgrade() -> None:
    op.execute(f"""
        ALTER TABLE {TABLE}
            ADD COLUMN away_ids uuid[] NOT NULL DEFAULT '{{}}',
            ADD COLUMN away_count integer GENERATED ALWAYS AS (cardinality(away_ids)) STORED,
            ADD COLUMN away_cost_usd numeric(18,6),
            ADD COLUMN away_unknown_costs integer NOT NULL DEFAULT 0""")
    audit.watch(TABLE, ignore=KEPT_BY_WORKERS + ADDED)
    op.execute(f"ALTER INDEX {INDEX} SET (fastupdate = off)")
    op.execute(f"SELECT gin_clean_pending_list('{INDEX}')")
    functions.create(MADE, before=CHANGED_AGAIN[MADE])
    for name in CHANGED:
        functions.replace(name, before=CHANGED_AGAIN.get(name))
    op.execute(f"""
        UPDATE {TABLE} a
           SET away_ids = ARRAY(SELECT unnest(a.run_ids) EXCEPT SELECT unnest(here.ids)),
               away_cost_usd = a.cost_usd - here.cost,
               away_unknown_costs = a.unknown_costs - here.unknown
          FROM (SELECT o.id, coalesce(array_agg(r.id) FILTER (WHERE r.id IS NOT NULL), '{{}}') AS ids,
                       coalesce(sum(r.cost_usd), 0) AS cost,
                       count(*) FILTER (WHERE r.id IS NOT NULL AND r.cost_usd IS NULL) AS unknown
                  FROM {TABLE} o CROSS JOIN LATERAL unnest(o.run_ids) AS run (id)
                  LEFT JOIN orchestration_runs r ON r.organization_id = o.organization_id AND r.id = run.id
                 WHERE o.status IN ('made', 'restoring') OR o.status = 'removing' AND o.restored_at IS NULL
                 GROUP BY o.id) AS here
         WHERE a.id = here.id""")


def downgrade() -> None:
    for name in CHANGED:
        functions.replace(name, before=revision)
    functions.drop(MADE)
    op.execute(f"ALTER INDEX {INDEX} RESET (fastupdate)")
    audit.watch(TABLE, ignore=KEPT_BY_WORKERS)
    for column in ("away_unknown_costs", "away_cost_usd", "away_count", "away_ids"):
        op.execute(f"ALTER TABLE {TABLE} DROP COLUMN {column}")
