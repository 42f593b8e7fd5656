"""What a project's runs cost, in the index that lists them: a page of projects adds it up without a run's row.

The index takes the place of one over the same columns, so a run is written into no index more than before. Built
beside the work on a live table, as 0013 is.
"""

from alembic import op

revision = "0021"
down_revision = "0020"

COLUMNS = "orchestration_runs (organization_id, project_id, created_at, id)"
OLD, NEW = "idx_orchestration_runs_project_created", "idx_orchestration_runs_project_spend"


def upgrade() -> None:
    _take_the_place(of=OLD, name=NEW, what=f"{COLUMNS} INCLUDE (cost_usd)")


def downgrade() -> None:
    _take_the_place(of=NEW, name=OLD, what=COLUMNS)


def _take_the_place(*, of: str, name: str, what: str) -> None:
    with op.get_context().autocommit_block():
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
        op.execute(f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON {what}")
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {of}")
