"""An attempt keeps where it was sent, for its endpoint may move; and until when it was asked to leave that alone."""

from alembic import op

from migrations import functions

revision = "0047"
down_revision = "0046"

CHANGED = "api_finish_deliveries"


def upgrade() -> None:
    op.execute("ALTER TABLE webhook_attempts ADD COLUMN url varchar(500), ADD COLUMN resume_at timestamptz")
    functions.replace(CHANGED)


def downgrade() -> None:
    functions.replace(CHANGED, before=revision)
    op.execute("ALTER TABLE webhook_attempts DROP COLUMN url, DROP COLUMN resume_at")
