"""What lists are sorted and filtered by, in indexes: built beside the work on a live table, which goes on.

CREATE INDEX alone would make every launch and every step of a run wait until it is done. CONCURRENTLY can't be part of
a transaction, so each statement is one; an index that an interrupted upgrade left half built is dropped and built anew.
"""

from alembic import op

revision = "0013"
down_revision = "0012"

#: Index -> table and columns.
INDEXES = {
    # NULLS LAST, as the lists have it: what has no cost or no duration yet stands at the end
    "idx_orchestration_runs_organization_cost": "orchestration_runs "
    "(organization_id, cost_usd DESC NULLS LAST, id DESC)",
    "idx_orchestration_runs_organization_duration": "orchestration_runs "
    "(organization_id, execution_time_ms DESC NULLS LAST, id DESC)",
    "idx_orchestration_runs_person_created": "orchestration_runs (organization_id, user_id, created_at, id)",
    "idx_orchestration_runs_template_created": "orchestration_runs (organization_id, template_id, created_at, id)",
    "idx_orchestration_runs_model_created": "orchestration_runs (organization_id, model, created_at, id)",
    "idx_projects_organization_name": "projects (organization_id, lower(name), id)",
}


def upgrade() -> None:
    with op.get_context().autocommit_block():
        for name, what in INDEXES.items():
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            op.execute(f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON {what}")


def downgrade() -> None:
    for name in reversed(INDEXES):
        op.execute(f"DROP INDEX {name}")
