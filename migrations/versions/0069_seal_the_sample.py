"""The sample workspace's trail is sealed as any other, so that one can verify one there; none of it is work that waits.

Workers send nothing in its name, so a delivery of it would be overdue for ever.
"""

from alembic import op

from migrations import functions

revision = "0069"
down_revision = "0068"

CHANGED = ("api_keep_seals", "api_seal_audit", "api_remove_sample", "api_read_work")
SEALS = "audit_seals"


def upgrade() -> None:
    for name in CHANGED:
        functions.replace(name)


def downgrade() -> None:
    for name in CHANGED:
        functions.replace(name, before=revision)
    # with them the sample could be removed no more
    op.execute(f"ALTER TABLE {SEALS} DISABLE TRIGGER {SEALS}_keep")
    op.execute(
        f"DELETE FROM {SEALS} WHERE organization_id IN (SELECT id FROM organizations WHERE sample_made_at IS NOT NULL)"
    )
    op.execute(f"ALTER TABLE {SEALS} ENABLE TRIGGER {SEALS}_keep")
