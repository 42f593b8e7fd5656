"""The installation's operator reads what the server knows of itself: work, connections, tables, indexes, statements."""

from migrations import functions

revision = "0052"
down_revision = "0051"

NAMES = ("api_read_work", "api_read_connections", "api_read_tables", "api_read_indexes", "api_read_statements")
#: What a later migration changes again, and which.
CHANGED_AGAIN = {"api_read_work": "0069"}


def upgrade() -> None:
    for name in NAMES:
        functions.create(name, execute="authenticated, orchestrator_identity", before=CHANGED_AGAIN.get(name))


def downgrade() -> None:
    for name in reversed(NAMES):
        functions.drop(name)
