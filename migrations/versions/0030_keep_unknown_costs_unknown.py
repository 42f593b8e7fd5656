"""A connection's test of unknown cost was written down as free."""

from migrations import functions

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    functions.replace("api_record_connection_test")


def downgrade() -> None:
    functions.replace("api_record_connection_test", before=revision)
