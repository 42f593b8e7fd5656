"""Schedules: runs that launch by themselves, in a person's name, and the few functions through which workers do it.

The index and the check of the foreign key on a live table of runs are made beside the work, as 0013 makes indexes.
"""

from alembic import op

from migrations import audit, functions, rls

revision = "0035"
down_revision = "0030"

TABLE = "schedules"
#: What the workers write: no event.
KEPT_BY_WORKERS = ("next_run_at", "claimed_until", "last_run_id", "last_result", "last_result_at", "last_message")
#: What a person may change; api.guard_schedules says in whose name.
CHANGEABLE = (
    "project_id, template_id, user_id, title, topic, inputs, model, cron, time_zone, starts_at, ends_at, catch_up, "
    "overlap, is_active, next_run_at, deleted_at"
)
#: file -> who may execute it. api.fire_schedule is called in the middle of a launch, which is a person's.
DOORS = {
    "api_claim_schedule": "orchestrator_worker",
    "api_settle_schedule": "orchestrator_worker",
    "api_fire_schedule": "authenticated",
}
CHANGED = ("api_audit_run", "api_load_sample", "api_remove_sample")
RUNS, RUN_KEY, RUN_INDEX = "orchestration_runs", "orchestration_runs_schedule_fkey", "idx_orchestration_runs_schedule"
MAIL_KINDS = (
    "invitation",
    "password_reset",
    "email_change",
    "email_changed_notice",
    "password_changed_notice",
    "second_factor_notice",
)


def upgrade() -> None:
    _create_table()
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
        functions.create(name, execute=execute)
    for name in CHANGED:
        functions.replace(name)
    op.execute("GRANT EXECUTE ON FUNCTION api.is_signed(text, text) TO orchestrator_worker")
    _allow_mails(*MAIL_KINDS, "schedule_stopped_notice")
    _refer_from_runs()


def _create_table() -> None:
    op.execute(f"""
        CREATE TABLE {TABLE} (
            id uuid PRIMARY KEY DEFAULT api.uuid7(),
            organization_id uuid NOT NULL CONSTRAINT {TABLE}_organization_id_fkey REFERENCES organizations (id),
            project_id uuid NOT NULL CONSTRAINT {TABLE}_project_id_fkey REFERENCES projects (id),
            template_id uuid NOT NULL CONSTRAINT {TABLE}_template_id_fkey REFERENCES orchestration_templates (id),
            user_id uuid NOT NULL CONSTRAINT {TABLE}_user_id_fkey REFERENCES users (id),
            created_by uuid NOT NULL CONSTRAINT {TABLE}_created_by_fkey REFERENCES users (id),
            title varchar(255) NOT NULL,
            topic text,
            inputs jsonb NOT NULL DEFAULT '{{}}',
            model varchar(255),
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
            CONSTRAINT {TABLE}_project_fkey FOREIGN KEY (organization_id, project_id)
                REFERENCES projects (organization_id, id),
            CONSTRAINT {TABLE}_person_fkey FOREIGN KEY (organization_id, user_id)
                REFERENCES users (organization_id, id),
            CONSTRAINT {TABLE}_creator_fkey FOREIGN KEY (organization_id, created_by)
                REFERENCES users (organization_id, id),
            CONSTRAINT {TABLE}_last_run_fkey FOREIGN KEY (organization_id, last_run_id)
                REFERENCES orchestration_runs (organization_id, id),
            CONSTRAINT {TABLE}_active_check CHECK (NOT is_active OR (next_run_at IS NOT NULL AND deleted_at IS NULL))
        )""")
    op.execute(f"CREATE INDEX idx_{TABLE}_due ON {TABLE} (next_run_at) WHERE is_active")
    lists = {"organization": "", "project": "project_id, ", "template": "template_id, "}
    for name, column in lists.items():
        op.execute(f"CREATE INDEX idx_{TABLE}_{name}_created ON {TABLE} (organization_id, {column}created_at, id)")
    for column in ("project_id", "template_id", "user_id", "created_by"):
        op.execute(f"CREATE INDEX idx_{TABLE}_{column} ON {TABLE} ({column})")
    op.execute(f"CREATE INDEX idx_{TABLE}_last_run ON {TABLE} (organization_id, last_run_id)")


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


def _allow_mails(*kinds: str) -> None:
    words = ", ".join(f"'{kind}'" for kind in kinds)
    op.execute("ALTER TABLE mail_outbox DROP CONSTRAINT mail_outbox_kind_check")
    op.execute(f"ALTER TABLE mail_outbox ADD CONSTRAINT mail_outbox_kind_check CHECK (kind IN ({words})) NOT VALID")


def _refer_from_runs() -> None:
    """Each statement by itself, and each can be repeated."""
    with op.get_context().autocommit_block():
        op.execute("ALTER TABLE mail_outbox VALIDATE CONSTRAINT mail_outbox_kind_check")
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {RUN_INDEX}")
        op.execute(
            f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {RUN_INDEX} "
            f"ON {RUNS} (organization_id, schedule_id, created_at, id)"
        )
        op.execute(f"ALTER TABLE {RUNS} DROP CONSTRAINT IF EXISTS {RUN_KEY}")
        op.execute(
            f"ALTER TABLE {RUNS} ADD CONSTRAINT {RUN_KEY} FOREIGN KEY (organization_id, schedule_id) "
            f"REFERENCES {TABLE} (organization_id, id) NOT VALID"
        )
        op.execute(f"ALTER TABLE {RUNS} VALIDATE CONSTRAINT {RUN_KEY}")
        op.execute(f"DROP POLICY IF EXISTS {RUNS}_schedule_permitted ON {RUNS}")
        op.execute(
            f"CREATE POLICY {RUNS}_schedule_permitted ON {RUNS} AS RESTRICTIVE FOR INSERT TO authenticated "
            f"WITH CHECK ({rls.sees(RUNS, 'schedule_id', of=TABLE)})"
        )


def downgrade() -> None:
    op.execute(f"DROP POLICY {RUNS}_schedule_permitted ON {RUNS}")
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
