"""Seals over the trail: a change to any row that was sealed shows, and which row it is (docs/audit.md)."""

from alembic import op

from migrations import functions, rls

revision = "0051"
down_revision = "0050"

TABLE = "audit_seals"
#: file -> who may execute it.
DOORS = {
    "api_first_id": "",
    "api_audit_leaf": "",
    "api_seal_hash": "",
    "api_seal_audit": "orchestrator_worker",
    "api_require_auditor": "",
    "api_check_seals": "authenticated, orchestrator_identity",
    "api_compare_seal": "authenticated, orchestrator_identity",
    "api_count_unsealed": "authenticated, orchestrator_identity",
    "api_keep_seals": "",
}
CHANGED_AGAIN = dict.fromkeys(("api_check_seals", "api_compare_seal", "api_keep_seals"), "0055") | {
    "api_require_auditor": "0059",
    "api_seal_audit": "0069",
}


def upgrade() -> None:
    op.execute(f"""
        CREATE TABLE {TABLE} (
            id uuid PRIMARY KEY DEFAULT api.uuid7(),
            organization_id uuid NOT NULL CONSTRAINT {TABLE}_organization_id_fkey REFERENCES organizations (id),
            number bigint NOT NULL CONSTRAINT {TABLE}_number_check CHECK (number > 0),
            after_id uuid NOT NULL,
            through_id uuid NOT NULL,
            row_count bigint NOT NULL,
            rows_hash bytea NOT NULL,
            leaves bytea NOT NULL,
            previous_hash bytea NOT NULL,
            hash bytea NOT NULL,
            sealed_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT {TABLE}_number_key UNIQUE (organization_id, number)
        )""")
    # hashes can't be packed, and single ones are read out of many
    op.execute(f"ALTER TABLE {TABLE} ALTER COLUMN leaves SET STORAGE EXTERNAL")
    rls.protect(TABLE)
    rls.scope_to_organization(TABLE, title="Audit seals")
    rls.open_to_owner(TABLE)
    rls.permit(TABLE, "SELECT", rls.may("audit.view"))
    op.execute(f"GRANT SELECT ON {TABLE} TO authenticated")
    for name, execute in DOORS.items():
        functions.create(name, execute=execute, before=CHANGED_AGAIN.get(name))
    for name, event, scope in (("keep", "UPDATE OR DELETE", "ROW"), ("keep_all", "TRUNCATE", "STATEMENT")):
        op.execute(
            f"CREATE TRIGGER {TABLE}_{name} BEFORE {event} ON {TABLE} "
            f"FOR EACH {scope} EXECUTE FUNCTION api.keep_seals()"
        )


def downgrade() -> None:
    op.execute(f"DROP TRIGGER {TABLE}_keep ON {TABLE}")
    op.execute(f"DROP TRIGGER {TABLE}_keep_all ON {TABLE}")
    for name in reversed(DOORS):
        functions.drop(name)
    op.execute(f"DROP TABLE {TABLE}")
