"""Whatever the page of the trail narrows it to is found by an index, at any length; and refusals are written, but few.

The indexes are built beside the work on a live table, as in 0013.
"""

from alembic import op

from migrations import functions

revision = "0050"
down_revision = "0049"

REFUSED = (
    "action IN ('access.refused', 'identity.code_refused', 'identity.lock_out', 'identity.password_refused', "
    "'identity.sign_in_refused')"
)
INDEXES = {
    "idx_audit_logs_person": "(organization_id, user_id, created_at, id)",
    "idx_audit_logs_action": "(organization_id, action, created_at, id)",
    "idx_audit_logs_type": "(organization_id, resource_type, created_at, id)",
    "idx_audit_logs_address": "(organization_id, ip_address, created_at, id)",
    "idx_audit_logs_refused": f"(organization_id, created_at, id) WHERE {REFUSED}",
    # in the order in which rows were written: what seals go by
    "idx_audit_logs_written": "(organization_id, id)",
}


def upgrade() -> None:
    functions.create("api_record_refusal", execute="authenticated")
    functions.replace("api_record_event")
    with op.get_context().autocommit_block():
        for name, columns in INDEXES.items():
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            op.execute(f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON audit_logs {columns}")


def downgrade() -> None:
    with op.get_context().autocommit_block():
        for name in INDEXES:
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
    functions.replace("api_record_event", before=revision)
    functions.drop("api_record_refusal")
