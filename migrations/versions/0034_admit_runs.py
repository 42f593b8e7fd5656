"""Only admitted runs are in the queue: an organization's others wait for their turn, by priority, then age.

What is queued or running at the upgrade is in the queue and is admitted, also beyond the limit; the next ones come as
there is room. `orchestration_runs` is locked for a moment to get its columns, and its indexes are built beside the
work; what stands in the block can be repeated by an upgrade that goes on after an interruption.

From here on the engine is another one: a worker of the version before finishes what it walks, and takes nothing new.
"""

from alembic import op

from migrations import functions, rls

revision = "0034"
down_revision = "0033"

TABLE = "orchestration_runs"
#: Who waits is asked by priority, then age, a day for a step; who holds a place is counted.
INDEXES = {
    "idx_orchestration_runs_waiting": f"{TABLE} (organization_id, ((created_at AT TIME ZONE 'UTC') + "
    "interval '24 hours' * array_position(ARRAY['urgent', 'high', 'normal', 'low'], priority::text)), id) "
    "WHERE status IN ('queued', 'running') AND admitted_at IS NULL",
    "idx_orchestration_runs_admitted": f"{TABLE} (organization_id) WHERE admitted_at IS NOT NULL",
}
CHANGED = ("api_queue_run", "api_enqueue_run", "api_requeue_lost_runs")
#: What a later migration changed again, and which.
CHANGED_AGAIN = {"api_requeue_lost_runs": "0043"}
#: file -> who may execute it.
DOORS = {
    "api_engine_version": "",
    "api_next_turn": "",
    "api_most_runs": "",
    "api_admit_runs": "",
    "api_admit_next": "",
    "api_keep_turn": "",
    "api_audit_priority": "",
    "api_read_turns": "authenticated",
    "api_purge_workflows": "orchestrator_worker",
    "api_take_up_run": "orchestrator_worker",
}
#: Trigger -> on which table, and the rest of it. The last two are deferred: see api.admit_next.
TRIGGERS = {
    "orchestration_runs_turn": (
        TABLE,
        f"BEFORE UPDATE OF status, worker_token, priority ON {TABLE} FOR EACH ROW EXECUTE FUNCTION api.keep_turn()",
    ),
    "orchestration_runs_audit_priority": (
        TABLE,
        f"AFTER UPDATE OF priority ON {TABLE} FOR EACH ROW WHEN (NEW.priority <> OLD.priority) "
        "EXECUTE FUNCTION api.audit_priority()",
    ),
    "orchestration_runs_next": (
        TABLE,
        f"AFTER UPDATE OF status, priority ON {TABLE} DEFERRABLE INITIALLY DEFERRED FOR EACH ROW "
        "WHEN (OLD.admitted_at IS NOT NULL AND NEW.admitted_at IS NULL OR NEW.priority <> OLD.priority "
        "OR NEW.status = 'queued' AND OLD.status <> 'queued') "
        "EXECUTE FUNCTION api.admit_next()",
    ),
    "organizations_next": (
        "organizations",
        "AFTER UPDATE OF settings, subscription_tier ON organizations DEFERRABLE INITIALLY DEFERRED FOR EACH ROW "
        "WHEN (NEW.settings IS DISTINCT FROM OLD.settings OR NEW.subscription_tier <> OLD.subscription_tier) "
        "EXECUTE FUNCTION api.admit_next()",
    ),
}


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute(
            f"ALTER TABLE {TABLE} ADD COLUMN IF NOT EXISTS admitted_at timestamptz, "
            "ADD COLUMN IF NOT EXISTS priority varchar(20) NOT NULL DEFAULT 'normal'"
        )
        op.execute(f"ALTER TABLE {TABLE} DROP CONSTRAINT IF EXISTS {TABLE}_priority_check")
        op.execute(
            f"ALTER TABLE {TABLE} ADD CONSTRAINT {TABLE}_priority_check "
            "CHECK (priority IN ('low', 'normal', 'high', 'urgent')) NOT VALID"
        )
        op.execute(f"ALTER TABLE {TABLE} VALIDATE CONSTRAINT {TABLE}_priority_check")
        for name, what in INDEXES.items():
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            op.execute(f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON {what}")
    _create_settings()
    for name, execute in DOORS.items():
        functions.create(name, execute=execute)
    for name in CHANGED:
        functions.replace(name, before=CHANGED_AGAIN.get(name))
    # nobody launches from here to the end, so no run is queued in the old way after those before it were admitted
    for name, (_, what) in TRIGGERS.items():
        kind = "CONSTRAINT TRIGGER" if "DEFERRED" in what else "TRIGGER"
        op.execute(f"CREATE {kind} {name} {what}")
    op.execute(f"GRANT UPDATE (priority) ON {TABLE} TO authenticated")
    op.execute(
        f"CREATE POLICY {TABLE}_insert_waiting ON {TABLE} AS RESTRICTIVE FOR INSERT TO authenticated "
        "WITH CHECK (admitted_at IS NULL)"
    )
    op.execute(f"UPDATE {TABLE} SET admitted_at = now() WHERE status IN ('queued', 'running') AND admitted_at IS NULL")


def _create_settings() -> None:
    """What the database has to know of the installation's settings: one row, which `orchestrator db upgrade` writes."""
    op.execute("""
        CREATE TABLE engine_settings (
            is_only boolean PRIMARY KEY DEFAULT true CONSTRAINT engine_settings_is_only_check CHECK (is_only),
            installation_id uuid NOT NULL DEFAULT gen_random_uuid(),
            runs_per_organization integer NOT NULL DEFAULT 20
                CONSTRAINT engine_settings_runs_check CHECK (runs_per_organization > 0)
        )""")
    rls.protect("engine_settings")
    rls.open_to_owner("engine_settings")
    op.execute("INSERT INTO engine_settings DEFAULT VALUES")


def downgrade() -> None:
    op.execute(f"DROP POLICY {TABLE}_insert_waiting ON {TABLE}")
    for name, (table, _) in reversed(TRIGGERS.items()):
        op.execute(f"DROP TRIGGER {name} ON {table}")
    for name in reversed(CHANGED):
        functions.replace(name, before=revision)
    for name in reversed(DOORS):
        functions.drop(name)
    # for the workers of the version before, which take what has their engine's; a schema without a queue has nothing
    op.execute("""
        DO $$ BEGIN
            IF to_regclass('dbos.workflow_status') IS NOT NULL THEN
                UPDATE dbos.workflow_status SET application_version = 'engine-1'
                 WHERE queue_name = 'runs' AND status IN ('ENQUEUED', 'DELAYED', 'PENDING');
            END IF;
        END $$""")
    op.execute("DROP TABLE engine_settings")
    for name in reversed(INDEXES):
        op.execute(f"DROP INDEX {name}")
    op.execute(f"ALTER TABLE {TABLE} DROP COLUMN priority, DROP COLUMN admitted_at")
