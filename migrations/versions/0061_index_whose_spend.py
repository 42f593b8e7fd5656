"""What runs of a project cost is added up without a row of them again: the index has whose they are, as policies ask.

The index takes the place of 0021's, so a run is written into no index more than before. Built beside the work on a live
table, as 0013 is.
"""

from alembic import op

revision = "0061"
down_revision = "0060"

COLUMNS = "orchestration_runs (organization_id, project_id, created_at, id)"
OLD, NEW = "idx_orchestration_runs_project_spend", "idx_orchestration_runs_whose_spend"


def upgrade() -> None:
    _take_the_place(of=OLD, name=NEW, including="cost_usd, user_id")


def downgrade() -> None:
    _take_the_place(of=NEW, name=OLD, including="cost_usd")


def _take_the_place(*, of: str, name: str, including: str) -> None:
    with op.get_context().autocommit_block():
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
        op.execute(f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON {COLUMNS} INCLUDE ({including})")
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {of}")
