"""Columns that are mostly empty are indexed where they are not, and sums lie by moment in one index and not in two.

Most runs have no schedule, hardly a phase takes over another one's answer, and much of the trail is written by workers,
which have no address; each row of those was in the index all the same. Built beside the work on a live table,
as 0013 is.
"""

from alembic import op

from migrations import functions

revision = "0065"
down_revision = "0064"

#: Index -> what it was, and what it becomes. Whose answer is taken over is asked by both columns of the key, at once.
PARTIAL = {
    "idx_orchestration_runs_schedule": (
        "orchestration_runs (organization_id, schedule_id, created_at, id)",
        "orchestration_runs (organization_id, schedule_id, created_at, id) WHERE schedule_id IS NOT NULL",
    ),
    "idx_phase_executions_reused_from": (
        "phase_executions (reused_from)",
        "phase_executions (reused_from, organization_id) WHERE reused_from IS NOT NULL",
    ),
    "idx_audit_logs_address": (
        "audit_logs (organization_id, ip_address, created_at, id)",
        "audit_logs (organization_id, ip_address, created_at, id) WHERE ip_address IS NOT NULL",
    ),
}
#: The index by kind serves what these did: its statements name every cut.
DROPPED = {
    "idx_usage_hourly_hour": "usage_hourly (organization_id, hour)",
    "idx_usage_daily_day": "usage_daily (organization_id, day)",
}
CHANGED = ("api_roll_up_usage", "api_expire_usage")


def upgrade() -> None:
    for name in CHANGED:
        functions.replace(name)
    with op.get_context().autocommit_block():
        for name, (_, what) in PARTIAL.items():
            _build_anew(name, what)
        for name in DROPPED:
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")


def downgrade() -> None:
    for name in CHANGED:
        functions.replace(name, before=revision)
    with op.get_context().autocommit_block():
        for name, what in DROPPED.items():
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            op.execute(f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON {what}")
        for name, (what, _) in PARTIAL.items():
            _build_anew(name, what)


def _build_anew(name: str, what: str) -> None:
    """Under another name, until it can do what the one of that name did."""
    op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}_anew")
    op.execute(f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {name}_anew ON {what}")
    op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
    op.execute(f"ALTER INDEX {name}_anew RENAME TO {name}")
