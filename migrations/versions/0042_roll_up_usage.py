"""Usage is summed up by hour and by day: what is over is read from the sums, what is not from the rows.

Whoever writes usage marks the hours that it is of; a job of the workers sums up those that have ended and takes the
mark away. So what is read is exact at any moment, whatever is written late (docs/decisions/0020).
"""

from alembic import op

from migrations import functions, rls

revision = "0042"
down_revision = "0041"

#: file -> who may execute it.
DOORS = {
    "api_latency_bucket": "authenticated",
    "api_sum_up_usage": "authenticated",
    "api_open_usage_hours": "",
    "api_roll_up_usage": "orchestrator_worker",
}
CHANGED_AGAIN = {"api_sum_up_usage": "0053", "api_open_usage_hours": "0054", "api_roll_up_usage": "0065"}
#: The two grains, with the column that says when; which hours and days are open.
SUMS = {"usage_hourly": "hour", "usage_daily": "day"}
OPEN = {"usage_open_hours": "hour", "usage_open_days": "day"}
TITLES = {
    "usage_hourly": "Usage by hour",
    "usage_daily": "Usage by day",
    "usage_open_hours": "Open hours of usage",
    "usage_open_days": "Open days of usage",
}
_WRITTEN = (
    "CREATE OR REPLACE TRIGGER api_usage_open_{0} AFTER {1} ON api_usage REFERENCING NEW TABLE AS written "
    "FOR EACH STATEMENT EXECUTE FUNCTION api.open_usage_hours()"
)


def upgrade() -> None:
    for table, moment in SUMS.items():
        _create_sums(table, moment)
    for table, moment in OPEN.items():
        _create_open(table, moment)
    for table, title in TITLES.items():
        rls.protect(table)
        rls.scope_to_organization(table, title=title)
        rls.open_to_owner(table)
        rls.permit(table, "SELECT", rls.may("analytics.view"))
        op.execute(f"GRANT SELECT ON {table} TO authenticated")
    op.execute("CREATE POLICY api_usage_owner ON api_usage FOR SELECT TO CURRENT_USER USING (true)")
    # the triggers and the marks of what was before belong together: nobody writes usage in between
    op.execute("LOCK TABLE api_usage IN SHARE ROW EXCLUSIVE MODE")
    for name, execute in DOORS.items():
        functions.create(name, execute=execute, before=CHANGED_AGAIN.get(name))
    for name, event in (("inserted", "INSERT"), ("updated", "UPDATE")):
        op.execute(_WRITTEN.format(name, event))
    op.execute(
        "INSERT INTO usage_open_hours (organization_id, hour) "
        "SELECT DISTINCT organization_id, date_trunc('hour', created_at, 'UTC') FROM api_usage"
    )


def _create_sums(table: str, moment: str) -> None:
    op.execute(f"""
        CREATE TABLE {table} (
            id uuid PRIMARY KEY DEFAULT api.uuid7(),
            organization_id uuid NOT NULL
                CONSTRAINT {table}_organization_id_fkey REFERENCES organizations (id) ON DELETE CASCADE,
            {moment} timestamptz NOT NULL,
            cut varchar(50) NOT NULL CONSTRAINT {table}_cut_check CHECK (cut IN (
                'all', 'none', 'project', 'person', 'template', 'model', 'endpoint', 'error')),
            is_model boolean NOT NULL,
            project_id uuid,
            user_id uuid,
            template_id uuid,
            provider varchar(100),
            model varchar(255),
            endpoint varchar(255),
            error_kind varchar(50),
            calls bigint NOT NULL,
            failed_calls bigint NOT NULL,
            unpriced_calls bigint NOT NULL,
            prompt_tokens bigint NOT NULL,
            completion_tokens bigint NOT NULL,
            cost_usd numeric(18,6) NOT NULL,
            latency_buckets smallint[] NOT NULL,
            latency_calls integer[] NOT NULL
        )""")
    op.execute(f"CREATE INDEX idx_{table}_cut ON {table} (organization_id, cut, {moment})")
    op.execute(f"CREATE INDEX idx_{table}_{moment} ON {table} (organization_id, {moment})")
    for name, column in (("project", "project_id"), ("person", "user_id")):
        op.execute(
            f"CREATE INDEX idx_{table}_{name} ON {table} (organization_id, {column}, {moment}) WHERE cut = 'all'"
        )


def _create_open(table: str, moment: str) -> None:
    op.execute(f"""
        CREATE TABLE {table} (
            id uuid PRIMARY KEY DEFAULT api.uuid7(),
            organization_id uuid NOT NULL
                CONSTRAINT {table}_organization_id_fkey REFERENCES organizations (id) ON DELETE CASCADE,
            {moment} timestamptz NOT NULL
        )""")
    op.execute(f"CREATE INDEX idx_{table}_organization ON {table} (organization_id, {moment})")
    op.execute(f"CREATE INDEX idx_{table}_{moment} ON {table} ({moment})")


def downgrade() -> None:
    for name in ("inserted", "updated"):
        op.execute(f"DROP TRIGGER api_usage_open_{name} ON api_usage")
    for name in reversed(DOORS):
        functions.drop(name)
    op.execute("DROP POLICY api_usage_owner ON api_usage")
    for table in reversed(TITLES):
        op.execute(f"DROP TABLE {table}")
