"""Schedules: runs that launch by themselves, in a person's name, and the few functions through which workers do it.

Each table that it refers to is locked in a transaction of its own, and what is long is done beside the work: see 0012.
"""

from alembic import op

from migrations import audit, functions, rls

revision = "0036"
down_revision = "0035"

TABLE = "schedules"
#: What the workers write: no event.
KEPT_BY_WORKERS = ("next_run_at", "claimed_until", "last_run_id", "last_result", "last_result_at", "last_message")
#: What a person may change; api.guard_schedules says in whose name.
CHANGEABLE = (
    "project_id, template_id, user_id, title, topic, inputs, model, cost_limit_usd, priority, integration_enabled, "
    "cron, time_zone, starts_at, ends_at, catch_up, overlap, is_active, next_run_at, deleted_at"
)
#: file -> who may execute it. api.fire_schedule is called in the middle of a launch, which is a person's.
DOORS = {
    "api_claim_schedule": "orchestrator_worker",
    "api_settle_schedule": "orchestrator_worker",
    "api_fire_schedule": "authenticated",
}
CHANGED = ("api_audit_run", "api_load_sample", "api_remove_sample")
#: What a later migration changed again, and which.
CHANGED_AGAIN = {"api_remove_sample": "0037", "api_load_sample": "0039", "api_claim_schedule": "0049"}
RUNS, RUN_KEY, RUN_INDEX = "orchestration_runs", "orchestration_runs_schedule_fkey", "idx_orchestration_runs_schedule"
WHOSE = "FOREIGN KEY (organization_id, {}) REFERENCES {} (organization_id, id)"
REFERENCES = {
    (TABLE, f"{TABLE}_organization_id_fkey"): "FOREIGN KEY (organization_id) REFERENCES organizations (id)",
    (TABLE, f"{TABLE}_project_id_fkey"): "FOREIGN KEY (project_id) REFERENCES projects (id)",
    (TABLE, f"{TABLE}_template_id_fkey"): "FOREIGN KEY (template_id) REFERENCES orchestration_templates (id)",
    (TABLE, f"{TABLE}_user_id_fkey"): "FOREIGN KEY (user_id) REFERENCES users (id)",
    (TABLE, f"{TABLE}_created_by_fkey"): "FOREIGN KEY (created_by) REFERENCES users (id)",
    (TABLE, f"{TABLE}_project_fkey"): WHOSE.format("project_id", "projects"),
    (TABLE, f"{TABLE}_person_fkey"): WHOSE.format("user_id", "users"),
    (TABLE, f"{TABLE}_creator_fkey"): WHOSE.format("created_by", "users"),
    (TABLE, f"{TABLE}_last_run_fkey"): WHOSE.format("last_run_id", RUNS),
    (RUNS, RUN_KEY): WHOSE.format("schedule_id", TABLE),
}
INDEXES = {
    f"idx_{TABLE}_due": f"{TABLE} (next_run_at) WHERE is_active",
    f"idx_{TABLE}_organization_created": f"{TABLE} (organization_id, created_at, id)",
    f"idx_{TABLE}_project_created": f"{TABLE} (organization_id, project_id, created_at, id)",
    f"idx_{TABLE}_template_created": f"{TABLE} (organization_id, template_id, created_at, id)",
    **{
        f"idx_{TABLE}_{column}": f"{TABLE} ({column})"
        for column in ("project_id", "template_id", "user_id", "created_by")
    },
    f"idx_{TABLE}_last_run": f"{TABLE} (organization_id, last_run_id)",
    RUN_INDEX: f"{RUNS} (organization_id, schedule_id, created_at, id)",
}
MAIL_KINDS = (
    "invitation",
    "password_reset",
    "email_change",
    "email_changed_notice",
    "password_changed_notice",
    "second_factor_notice",
    "review_requested",
    "review_reminder",
    "review_escalated",
)


def upgrade() -> None:
    with op.get_context().autocommit_block():  # each statement by itself, and each can be repeated
        _create_table()
        for (table, name), what in REFERENCES.items():
            _refer(table, name, what)
        for name, where in INDEXES.items():
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            op.execute(f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON {where}")
    functions.create("api_guard_schedules")
    op.execute(
        f"CREATE TRIGGER {TABLE}_guard BEFORE INSERT OR UPDATE ON {TABLE} FOR EACH ROW "
        "EXECUTE FUNCTION api.guard_schedules()"
    )
    # what a person changes moves the next time as well; these two nobody moves but workers
    audit.touch(TABLE, ignore=["claimed_until", "last_result_at"])
    audit.watch(TABLE, ignore=[*KEPT_BY_WORKERS, "refusals"])
    _protect()
    for name, execute in DOORS.items():
        functions.create(name, execute=execute, before=CHANGED_AGAIN.get(name))
    for name in CHANGED:
        functions.replace(name, before=CHANGED_AGAIN.get(name))
    op.execute("GRANT EXECUTE ON FUNCTION api.is_signed(text, text) TO orchestrator_worker")
    _allow_mails(*MAIL_KINDS, "schedule_stopped_notice")


def _create_table() -> None:
    """Without what refers to other tables: each of these is locked by itself. Nobody has a right on it yet."""
    op.execute(f"""
        CREATE TABLE IF NOT EXISTS {TABLE} (
            id uuid PRIMARY KEY DEFAULT api.uuid7(),
            organization_id uuid NOT NULL,
            project_id uuid NOT NULL,
            template_id uuid NOT NULL,
            user_id uuid NOT NULL,
            created_by uuid NOT NULL,
            title varchar(255) NOT NULL,
            topic text,
            inputs jsonb NOT NULL DEFAULT '{{}}',
            model varchar(255),
            cost_limit_usd numeric(12,6),
            priority varchar(20) NOT NULL DEFAULT 'normal'
                CONSTRAINT {TABLE}_priority_check CHECK (priority IN ('low', 'normal', 'high', 'urgent')),
            integration_enabled boolean NOT NULL DEFAULT true,
            cron varchar(100) NOT NULL,
            time_zone varchar(100) NOT NULL,
            starts_at timestamptz,
            ends_at timestamptz,
            catch_up varchar(50) NOT NULL DEFAULT 'latest'
                CONSTRAINT {TABLE}_catch_up_check CHECK (catch_up IN ('none', 'latest', 'all')),
            overlap varchar(50) NOT NULL DEFAULT 'skip'
                CONSTRAINT {TABLE}_overlap_check CHECK (overlap IN ('skip', 'queue', 'cancel_previous')),
            is_active boolean NOT NULL DEFAULT true,
            next_run_at timestamptz,
            claimed_until timestamptz,
            last_run_id uuid,
            last_result varchar(50) CONSTRAINT {TABLE}_last_result_check
                CHECK (last_result IN ('launched', 'skipped', 'missed', 'waiting', 'refused')),
            last_result_at timestamptz,
            last_message text,
            refusals integer NOT NULL DEFAULT 0,
            stopped_at timestamptz,
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now(),
            deleted_at timestamptz,
            CONSTRAINT {TABLE}_organization_id_id_key UNIQUE (organization_id, id),
            CONSTRAINT {TABLE}_active_check CHECK (NOT is_active OR (next_run_at IS NOT NULL AND deleted_at IS NULL))
        )""")


def _refer(table: str, name: str, what: str) -> None:
    """A new table has nothing to be looked through; runs are, beside the work, by who asks for it afterwards."""
    later = "" if table == TABLE else " NOT VALID"
    op.execute(f"""
        DO $$ BEGIN
            IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = '{name}') THEN
                ALTER TABLE {table} ADD CONSTRAINT {name} {what}{later};
            END IF;
        END $$""")
    if later:
        op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")


def _protect() -> None:
    rls.protect(TABLE)
    rls.scope_to_organization(TABLE, title="Schedules")
    rls.open_to_owner(TABLE)
    op.execute(
        f"CREATE POLICY {TABLE}_own_only ON {TABLE} AS RESTRICTIVE FOR SELECT TO authenticated "
        f"USING ((SELECT api.sees_all()) OR user_id = {rls.PERSON} OR created_by = {rls.PERSON})"
    )
    unused = (
        "refusals = 0 AND num_nonnulls(claimed_until, last_run_id, last_result, last_result_at, last_message, "
        "stopped_at, deleted_at) = 0"
    )
    rls.permit(
        TABLE,
        "INSERT",
        f"{unused} AND created_by = {rls.PERSON} AND user_id = {rls.PERSON} AND {rls.may('orchestrations.run')}",
    )
    steers = f"{rls.may('orchestrations.run')} AND {rls.may('orchestrations.cancel', created_by='user_id')}"
    rls.permit(TABLE, "UPDATE", steers)
    op.execute(f"GRANT SELECT, INSERT, UPDATE ({CHANGEABLE}) ON {TABLE} TO authenticated")
    op.execute(
        f"CREATE POLICY {RUNS}_schedule_insert_permitted ON {RUNS} AS RESTRICTIVE FOR INSERT TO authenticated "
        f"WITH CHECK ({rls.sees(RUNS, 'schedule_id', of=TABLE)})"
    )


def _allow_mails(*kinds: str) -> None:
    words = ", ".join(f"'{kind}'" for kind in kinds)
    op.execute("ALTER TABLE mail_outbox DROP CONSTRAINT mail_outbox_kind_check")
    op.execute(f"ALTER TABLE mail_outbox ADD CONSTRAINT mail_outbox_kind_check CHECK (kind IN ({words}))")


def downgrade() -> None:
    op.execute(f"DROP POLICY {RUNS}_schedule_insert_permitted ON {RUNS}")
    op.execute(f"ALTER TABLE {RUNS} DROP CONSTRAINT {RUN_KEY}")
    op.execute(f"DROP INDEX {RUN_INDEX}")
    # a run that ended is never changed by anybody, and this is nobody: without the guards
    op.execute(f"ALTER TABLE {RUNS} DISABLE TRIGGER USER")
    op.execute(f"UPDATE {RUNS} SET schedule_id = NULL WHERE schedule_id IS NOT NULL")
    op.execute(f"ALTER TABLE {RUNS} ENABLE TRIGGER USER")
    op.execute("DELETE FROM mail_outbox WHERE kind = 'schedule_stopped_notice'")
    _allow_mails(*MAIL_KINDS)
    op.execute("ALTER TABLE mail_outbox VALIDATE CONSTRAINT mail_outbox_kind_check")
    op.execute("REVOKE EXECUTE ON FUNCTION api.is_signed(text, text) FROM orchestrator_worker")
    for name in reversed(CHANGED):
        functions.replace(name, before=revision)
    for name in reversed(DOORS):
        functions.drop(name)
    op.execute(f"DROP TABLE {TABLE}")
    functions.drop("api_guard_schedules")
