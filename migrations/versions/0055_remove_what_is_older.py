"""What an organization has set to be kept no longer is removed by workers: runs, usage, and what whole seals cover.

A seal whose entries were removed stays, marked, so that what follows on it can be verified as before.
"""

from alembic import op

from migrations import functions, rls

revision = "0055"
down_revision = "0054"

PROGRESS = "retention_progress"
RUNS, SEALS = "orchestration_runs", "audit_seals"
INDEXES = {
    f"idx_{RUNS}_ended": f"{RUNS} (organization_id, completed_at, id) WHERE completed_at IS NOT NULL",
    f"idx_{SEALS}_removed": f"{SEALS} (organization_id, removed_at) WHERE removed_at IS NOT NULL",
}
#: file -> who may execute it, in the order in which they need each other.
DOORS = {
    "api_cut_off": "",
    "api_retention_days": "",
    "api_is_kept": "",
    "api_expired_runs": "",
    "api_expired_seals": "",
    "api_expire_runs": "",
    "api_expire_usage": "",
    "api_expire_audit": "",
    "api_tell_removal": "",
    "api_note_retention": "",
    "api_expire": "",
    "api_remove_expired": "orchestrator_worker",
    "api_expire_now": "orchestrator_identity",
    "api_require_governor": "",
    "api_preview_runs": "",
    "api_preview_usage": "",
    "api_preview_audit": "",
    "api_preview_retention": "authenticated, orchestrator_identity",
    "api_read_retention": "authenticated, orchestrator_identity",
}
#: What a later migration changes again, and which.
CHANGED_AGAIN = {
    "api_expire_usage": "0065",
    **dict.fromkeys(
        (
            "api_keep_seals",
            "api_check_seals",
            "api_expire",
            "api_expire_audit",
            "api_preview_audit",
            "api_read_retention",
        ),
        "0068",
    ),
    **dict.fromkeys(
        ("api_note_retention", "api_remove_expired", "api_expire_now", "api_require_governor", "api_preview_retention"),
        "0059",
    ),
}
CHANGED = ("api_keep_audit", "api_keep_seals", "api_compare_seal")
#: It says more than before, and has to be made anew for that.
REMADE, REMADE_FOR = "api_check_seals", "authenticated, orchestrator_identity"


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute(f"ALTER TABLE {SEALS} ADD COLUMN IF NOT EXISTS removed_at timestamptz")
        for name, where in INDEXES.items():
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            op.execute(f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON {where}")
    _create_progress()
    for name, execute in DOORS.items():
        functions.create(name, execute=execute, before=CHANGED_AGAIN.get(name))
    for name in CHANGED:
        functions.replace(name, before=CHANGED_AGAIN.get(name))
    functions.drop(REMADE)
    functions.create(REMADE, execute=REMADE_FOR, before=CHANGED_AGAIN.get(REMADE))


def _create_progress() -> None:
    op.execute(f"""
        CREATE TABLE {PROGRESS} (
            id uuid PRIMARY KEY DEFAULT api.uuid7(),
            organization_id uuid NOT NULL
                CONSTRAINT {PROGRESS}_organization_id_fkey REFERENCES organizations (id) ON DELETE CASCADE,
            kind varchar(50) NOT NULL CONSTRAINT {PROGRESS}_kind_check CHECK (kind IN ('runs', 'usage', 'audit')),
            day date NOT NULL,
            days integer,
            before timestamptz,
            removed jsonb NOT NULL DEFAULT '{{}}',
            ended_at timestamptz,
            failed_at timestamptz,
            failure text,
            CONSTRAINT {PROGRESS}_organization_kind_key UNIQUE (organization_id, kind)
        )""")
    rls.protect(PROGRESS)
    rls.scope_to_organization(PROGRESS, title="Progress of retention")
    rls.open_to_owner(PROGRESS)
    rls.permit(PROGRESS, "SELECT", rls.may("organization.edit"))
    op.execute(f"GRANT SELECT ON {PROGRESS} TO authenticated")


def downgrade() -> None:
    functions.drop(REMADE)
    functions.create(REMADE, execute=REMADE_FOR, before=revision)
    for name in CHANGED:
        functions.replace(name, before=revision)
    for name in reversed(DOORS):
        functions.drop(name, before=CHANGED_AGAIN.get(name))
    op.execute(f"DROP TABLE {PROGRESS}")
    with op.get_context().autocommit_block():
        for name in INDEXES:
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
        op.execute(f"ALTER TABLE {SEALS} DROP COLUMN IF EXISTS removed_at")
