"""The operator sees how much room of a table is free, by how tightly its rows have lain before."""

from migrations import functions

revision = "0070"
down_revision = "0069"


def upgrade() -> None:
    functions.create("api_read_tightest", execute="authenticated, orchestrator_identity")


def downgrade() -> None:
    functions.drop("api_read_tightest")
