"""Analytics counts runs of months without a row of them, and reads of its sums those alone that it asks for.

The index of runs in the order of time has whose they are, as policies ask. Sums of calls to models and of operations
lie apart, for each question is of one of the two. Each index takes the place of another one, so nothing is written into
more of them than before. Built beside the work on a live table, as 0013 is.
"""

from alembic import op

revision = "0063"
down_revision = "0062"

#: Old name, new name, and the table with what each has.
REPLACED = [
    (
        "idx_orchestration_runs_organization_created",
        "idx_orchestration_runs_whose_created",
        "orchestration_runs (organization_id, created_at, id)",
        "orchestration_runs (organization_id, created_at, id) INCLUDE (user_id)",
    ),
    *(
        (
            f"idx_{table}_cut",
            f"idx_{table}_kind",
            f"{table} (organization_id, cut, {moment})",
            f"{table} (organization_id, cut, is_model, {moment})",
        )
        for table, moment in (("usage_hourly", "hour"), ("usage_daily", "day"))
    ),
]


def upgrade() -> None:
    for old, new, _, what in REPLACED:
        _take_the_place(of=old, name=new, what=what)


def downgrade() -> None:
    for old, new, what, _ in reversed(REPLACED):
        _take_the_place(of=new, name=old, what=what)


def _take_the_place(*, of: str, name: str, what: str) -> None:
    with op.get_context().autocommit_block():
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
        op.execute(f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON {what}")
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {of}")
