"""Ended runs can be removed with everything that belongs to them, unless a legal hold keeps them.

What they have used stays: a call keeps its run's id, which may name nothing any more, and gets its template, by which
it is summed up. Each table is locked in a transaction of its own.
"""

from alembic import op

from migrations import audit, functions, rls
from migrations.refusing import refuse_where

revision = "0054"
down_revision = "0053"

HOLDS = "legal_holds"
CHANGED = ("api_audit", "api_sum_up_usage", "api_open_usage_hours")
#: Of calls, which outlive their runs.
KEYS = {
    "api_usage_run_fkey": ("run_id", "orchestration_runs"),
    "api_usage_phase_fkey": ("phase_execution_id", "phase_executions"),
}
_UPDATED = (
    "CREATE OR REPLACE TRIGGER api_usage_open_updated AFTER UPDATE ON api_usage REFERENCING {}NEW TABLE AS written "
    "FOR EACH STATEMENT EXECUTE FUNCTION api.open_usage_hours()"
)
_OF_SAMPLE = "organization_id IN (SELECT o.id FROM organizations o WHERE o.sample_made_at IS NOT NULL)"
#: Table -> what its owner, whose functions remove, reaches: more than the sample's rows, as before.
OWNED = {
    "api_usage": "CREATE POLICY api_usage_owner ON api_usage FOR ALL TO CURRENT_USER USING (true) WITH CHECK (true)",
    "run_comments": "CREATE POLICY run_comments_owner ON run_comments FOR ALL TO CURRENT_USER "
    "USING (true) WITH CHECK (true)",
}


def upgrade() -> None:
    with op.get_context().autocommit_block():  # each statement by itself, and each can be repeated
        op.execute("ALTER TABLE api_usage ADD COLUMN IF NOT EXISTS template_id uuid")
        for name in KEYS:
            op.execute(f"ALTER TABLE api_usage DROP CONSTRAINT IF EXISTS {name}")
        op.execute(_UPDATED.format("OLD TABLE AS was "))
        for table, policy in OWNED.items():
            op.execute(f"DROP POLICY IF EXISTS {table}_owner ON {table}")
            op.execute(f"DROP POLICY IF EXISTS {table}_sample ON {table}")
            op.execute(policy)
    _create_holds()
    for name in CHANGED:
        functions.replace(name)
    functions.create("api_remove_runs")


def _create_holds() -> None:
    op.execute(f"""
        CREATE TABLE {HOLDS} (
            id uuid PRIMARY KEY DEFAULT api.uuid7(),
            organization_id uuid NOT NULL
                CONSTRAINT {HOLDS}_organization_id_fkey REFERENCES organizations (id) ON DELETE CASCADE,
            project_id uuid,
            reason varchar(500) NOT NULL,
            placed_by uuid NOT NULL,
            placed_at timestamptz NOT NULL DEFAULT now(),
            released_by uuid,
            released_at timestamptz,
            CONSTRAINT {HOLDS}_released_check CHECK ((released_at IS NULL) = (released_by IS NULL)),
            CONSTRAINT {HOLDS}_project_fkey FOREIGN KEY (organization_id, project_id)
                REFERENCES projects (organization_id, id) ON DELETE CASCADE,
            CONSTRAINT {HOLDS}_placer_fkey FOREIGN KEY (organization_id, placed_by)
                REFERENCES users (organization_id, id) ON DELETE CASCADE,
            CONSTRAINT {HOLDS}_releaser_fkey FOREIGN KEY (organization_id, released_by)
                REFERENCES users (organization_id, id) ON DELETE CASCADE
        )""")
    op.execute(f"CREATE INDEX idx_{HOLDS}_placed_at ON {HOLDS} (organization_id, placed_at, id)")
    for column in ("project_id", "placed_by", "released_by"):
        op.execute(f"CREATE INDEX idx_{HOLDS}_{column} ON {HOLDS} (organization_id, {column})")
    functions.create("api_guard_hold")
    op.execute(
        f"CREATE TRIGGER {HOLDS}_guard BEFORE INSERT OR UPDATE ON {HOLDS} FOR EACH ROW "
        "EXECUTE FUNCTION api.guard_hold()"
    )
    audit.watch(HOLDS)
    rls.protect(HOLDS)
    rls.scope_to_organization(HOLDS, title="Legal holds")
    rls.open_to_owner(HOLDS)
    governs = rls.may("organization.edit")
    rls.permit(HOLDS, "SELECT", governs)
    sees = rls.sees(HOLDS, "project_id", of="projects")
    rls.permit(HOLDS, "INSERT", f"placed_by = {rls.PERSON} AND released_at IS NULL AND {governs} AND {sees}")
    rls.permit(HOLDS, "UPDATE", f"{governs} AND (released_by IS NULL OR released_by = {rls.PERSON})")
    op.execute(
        f"GRANT SELECT, INSERT (organization_id, project_id, reason, placed_by), UPDATE (released_by) ON {HOLDS} "
        "TO authenticated"
    )


def downgrade() -> None:
    refuse_where(
        f"SELECT FROM {HOLDS} WHERE released_at IS NULL",
        because="Legal holds are open, of which the version before knows nothing. Release them first",
    )
    functions.drop("api_remove_runs")
    for name in CHANGED:
        functions.replace(name, before=revision)
    op.execute(f"DROP TABLE {HOLDS}")
    functions.drop("api_guard_hold")
    with op.get_context().autocommit_block():
        _restore_keys()  # while the owner reaches all rows
        op.execute("DROP POLICY IF EXISTS run_comments_owner ON run_comments")
        op.execute("DROP POLICY IF EXISTS api_usage_owner ON api_usage")
        for table in OWNED:
            op.execute(f"CREATE POLICY {table}_sample ON {table} FOR ALL TO CURRENT_USER USING ({_OF_SAMPLE})")
        op.execute("CREATE POLICY api_usage_owner ON api_usage FOR SELECT TO CURRENT_USER USING (true)")
        op.execute(_UPDATED.format(""))
        op.execute("ALTER TABLE api_usage DROP COLUMN IF EXISTS template_id")


def _restore_keys() -> None:
    """Calls of runs that are gone name none any more; nothing is summed up anew for that."""
    op.execute("ALTER TABLE api_usage DISABLE TRIGGER USER")
    for name, (column, table) in KEYS.items():
        op.execute(
            f"UPDATE api_usage u SET {column} = NULL WHERE {column} IS NOT NULL "
            f"AND NOT EXISTS (SELECT 1 FROM {table} t WHERE t.id = u.{column})"
        )
        op.execute(f"ALTER TABLE api_usage DROP CONSTRAINT IF EXISTS {name}")
        op.execute(
            f"ALTER TABLE api_usage ADD CONSTRAINT {name} FOREIGN KEY (organization_id, {column}) "
            f"REFERENCES {table} (organization_id, id)"
        )
    op.execute("ALTER TABLE api_usage ENABLE TRIGGER USER")
