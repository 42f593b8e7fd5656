"""How a template's runs end is counted by the transaction that ends them.

Nothing but `orchestration_runs` is locked here, beside which a worker may be at work on other tables.
"""

from alembic import op

from migrations import functions

revision = "0027"
down_revision = "0026"

TRIGGERS = {
    "orchestration_runs_count_launch": "AFTER INSERT ON orchestration_runs FOR EACH ROW "
    "WHEN (NEW.template_id IS NOT NULL)",
    "orchestration_runs_count_end": "AFTER UPDATE OF status ON orchestration_runs FOR EACH ROW "
    "WHEN (NEW.template_id IS NOT NULL AND NEW.status IN ('completed', 'failed') AND OLD.status <> NEW.status)",
}


def upgrade() -> None:
    functions.create("api_count_template_run", before="0031")
    for name, when in TRIGGERS.items():  # from now on no run is written, until the earlier ones are counted too
        op.execute(f"CREATE TRIGGER {name} {when} EXECUTE FUNCTION api.count_template_run()")
    op.execute("""
        INSERT INTO template_statistics (organization_id, template_id, runs, completed, failed, known_costs, cost_usd,
                                         time_ms, last_run_at)
        SELECT organization_id, template_id, count(*), count(*) FILTER (WHERE status = 'completed'),
               count(*) FILTER (WHERE status = 'failed'),
               count(cost_usd) FILTER (WHERE status = 'completed'),
               coalesce(sum(cost_usd) FILTER (WHERE status = 'completed'), 0),
               coalesce(sum(execution_time_ms) FILTER (WHERE status = 'completed'), 0), max(created_at)
          FROM orchestration_runs WHERE template_id IS NOT NULL GROUP BY 1, 2""")


def downgrade() -> None:
    for name in TRIGGERS:
        op.execute(f"DROP TRIGGER {name} ON orchestration_runs")
    functions.drop("api_count_template_run")
    op.execute("DELETE FROM template_statistics")
