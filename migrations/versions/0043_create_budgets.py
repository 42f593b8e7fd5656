"""Budgets: what an organization, a project or a person may spend, counted as usage is written, and held exactly.

Usage and budgets are counted in one transaction, by triggers, which come with the next migration: docs/decisions/0021.
"""

from collections.abc import Iterator

from alembic import op

from migrations import audit, functions, rls

revision = "0043"
down_revision = "0042"

BUDGETS, PERIODS, RAISES, ALERTS = "budgets", "budget_periods", "budget_raises", "budget_alerts"
WATCHES, NOTICES = "spending_watches", "spending_notices"
#: file -> who may execute it, in the order in which they need each other.
DOORS = {
    "api_budget_start": "authenticated, engine",
    "api_budget_limit": "authenticated, engine",
    "api_lock_budgets": "engine",
    "api_hold_budgets": "engine",
    "api_is_out_of_budget": "",
    "api_budget_card": "",
    "api_mail_budget": "",
    "api_tell_budget": "",
    "api_spend_budget": "",
    "api_count_spending": "",
    "api_correct_spending": "",
    "api_open_budget": "",
    "api_move_budget": "",
    "api_budget_managers": "authenticated",
    "api_watch_spending": "orchestrator_worker",
}
CHANGED = ("api_advance_run", "api_begin_try", "api_requeue_lost_runs", "api_load_sample")
#: What a later migration changes again, and which.
CHANGED_AGAIN = dict.fromkeys(
    ("api_spend_budget", "api_move_budget", "api_watch_spending", "api_requeue_lost_runs"), "0071"
)
#: Trigger -> when it calls, on which table, which function.
MOVES = {
    f"{BUDGETS}_open": ("INSERT", BUDGETS, "api.open_budget"),
    f"{BUDGETS}_move": ("UPDATE OF limit_usd, thresholds", BUDGETS, "api.move_budget"),
    f"{RAISES}_move": ("INSERT OR UPDATE", RAISES, "api.move_budget"),
}
ENTERED = "name, limit_usd, thresholds, is_hard, note"


def upgrade() -> None:
    op.execute("LOCK TABLE projects, users, organizations IN SHARE ROW EXCLUSIVE MODE")  # in the order of a run's step
    _create_budgets()
    _create_parts()
    _create_watches()
    for name, execute in DOORS.items():
        functions.create(name, execute=execute, before=CHANGED_AGAIN.get(name))
    _protect()
    _watch()
    for name in CHANGED:
        functions.replace(name, before=CHANGED_AGAIN.get(name))


def _create_budgets() -> None:
    op.execute(f"""
        CREATE TABLE {BUDGETS} (
            id uuid PRIMARY KEY DEFAULT api.uuid7(),
            organization_id uuid NOT NULL
                CONSTRAINT {BUDGETS}_organization_id_fkey REFERENCES organizations (id) ON DELETE CASCADE,
            name varchar(100) NOT NULL,
            scope varchar(50) NOT NULL
                CONSTRAINT {BUDGETS}_scope_check CHECK (scope IN ('organization', 'project', 'user')),
            project_id uuid,
            user_id uuid,
            about_id uuid NOT NULL GENERATED ALWAYS AS (coalesce(project_id, user_id, organization_id)) STORED,
            period varchar(50) NOT NULL CONSTRAINT {BUDGETS}_period_check CHECK (period IN ('month', 'total')),
            limit_usd numeric(12,6) NOT NULL CONSTRAINT {BUDGETS}_limit_usd_check CHECK (limit_usd > 0),
            thresholds integer[] NOT NULL DEFAULT '{{50,80,95}}' CONSTRAINT {BUDGETS}_thresholds_check
                CHECK (cardinality(thresholds) <= 10 AND 0 < ALL (thresholds) AND 100 > ALL (thresholds)),
            is_hard boolean NOT NULL DEFAULT false,
            note text,
            created_by uuid NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now(),
            ended_at timestamptz,
            CONSTRAINT {BUDGETS}_organization_id_id_key UNIQUE (organization_id, id),
            CONSTRAINT {BUDGETS}_about_check CHECK (
                (project_id IS NOT NULL) = (scope = 'project') AND (user_id IS NOT NULL) = (scope = 'user')),
            CONSTRAINT {BUDGETS}_project_fkey FOREIGN KEY (organization_id, project_id)
                REFERENCES projects (organization_id, id) ON DELETE CASCADE,
            CONSTRAINT {BUDGETS}_person_fkey FOREIGN KEY (organization_id, user_id)
                REFERENCES users (organization_id, id) ON DELETE CASCADE,
            CONSTRAINT {BUDGETS}_creator_fkey FOREIGN KEY (organization_id, created_by)
                REFERENCES users (organization_id, id) ON DELETE CASCADE
        )""")
    op.execute(f"CREATE UNIQUE INDEX idx_{BUDGETS}_about ON {BUDGETS} (about_id, period) WHERE ended_at IS NULL")
    for column in ("project_id", "user_id", "created_by"):
        op.execute(f"CREATE INDEX idx_{BUDGETS}_{column} ON {BUDGETS} (organization_id, {column})")


def _create_parts() -> None:
    whose = """
            id uuid PRIMARY KEY DEFAULT api.uuid7(),
            organization_id uuid NOT NULL
                CONSTRAINT {0}_organization_id_fkey REFERENCES organizations (id) ON DELETE CASCADE,
            budget_id uuid NOT NULL,
            CONSTRAINT {0}_budget_fkey FOREIGN KEY (organization_id, budget_id)
                REFERENCES budgets (organization_id, id) ON DELETE CASCADE"""
    op.execute(f"""
        CREATE TABLE {PERIODS} ({whose.format(PERIODS)},
            starts_at timestamptz NOT NULL,
            spent_usd numeric(18,6) NOT NULL DEFAULT 0,
            unknown_calls integer NOT NULL DEFAULT 0,
            CONSTRAINT {PERIODS}_budget_starts_at_key UNIQUE (organization_id, budget_id, starts_at)
        ) WITH (fillfactor = 50)""")
    op.execute(f"""
        CREATE TABLE {RAISES} ({whose.format(RAISES)},
            amount_usd numeric(12,6) NOT NULL CONSTRAINT {RAISES}_amount_usd_check CHECK (amount_usd > 0),
            reason varchar(500) NOT NULL,
            starts_at timestamptz NOT NULL DEFAULT now(),
            expires_at timestamptz NOT NULL,
            created_by uuid NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT {RAISES}_creator_fkey FOREIGN KEY (organization_id, created_by)
                REFERENCES users (organization_id, id) ON DELETE CASCADE,
            CONSTRAINT {RAISES}_expires_at_check CHECK (expires_at >= starts_at)
        )""")
    op.execute(f"""
        CREATE TABLE {ALERTS} ({whose.format(ALERTS)},
            starts_at timestamptz NOT NULL,
            threshold integer NOT NULL,
            spent_usd numeric(18,6) NOT NULL,
            limit_usd numeric(18,6) NOT NULL,
            told_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            CONSTRAINT {ALERTS}_budget_threshold_key UNIQUE (organization_id, budget_id, starts_at, threshold)
        )""")
    op.execute(f"CREATE INDEX idx_{RAISES}_budget ON {RAISES} (organization_id, budget_id)")
    op.execute(f"CREATE INDEX idx_{RAISES}_current ON {RAISES} (budget_id, expires_at)")
    op.execute(f"CREATE INDEX idx_{RAISES}_created_by ON {RAISES} (organization_id, created_by)")


def _create_watches() -> None:
    op.execute(f"""
        CREATE TABLE {WATCHES} (
            id uuid PRIMARY KEY DEFAULT api.uuid7(),
            organization_id uuid NOT NULL
                CONSTRAINT {WATCHES}_organization_id_fkey REFERENCES organizations (id) ON DELETE CASCADE,
            limit_usd numeric(12,6) NOT NULL CONSTRAINT {WATCHES}_limit_usd_check CHECK (limit_usd > 0),
            hours integer NOT NULL CONSTRAINT {WATCHES}_hours_check CHECK (hours BETWEEN 1 AND 720),
            created_by uuid NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now(),
            ended_at timestamptz,
            looks_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT {WATCHES}_organization_id_id_key UNIQUE (organization_id, id),
            CONSTRAINT {WATCHES}_creator_fkey FOREIGN KEY (organization_id, created_by)
                REFERENCES users (organization_id, id) ON DELETE CASCADE
        )""")
    op.execute(f"CREATE UNIQUE INDEX idx_{WATCHES}_hours ON {WATCHES} (organization_id, hours) WHERE ended_at IS NULL")
    op.execute(f"CREATE INDEX idx_{WATCHES}_looks_at ON {WATCHES} (looks_at) WHERE ended_at IS NULL")
    op.execute(f"CREATE INDEX idx_{WATCHES}_created_by ON {WATCHES} (organization_id, created_by)")
    op.execute(f"""
        CREATE TABLE {NOTICES} (
            id uuid PRIMARY KEY DEFAULT api.uuid7(),
            organization_id uuid NOT NULL
                CONSTRAINT {NOTICES}_organization_id_fkey REFERENCES organizations (id) ON DELETE CASCADE,
            watch_id uuid NOT NULL,
            user_id uuid NOT NULL,
            spent_usd numeric(18,6) NOT NULL,
            told_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT {NOTICES}_watch_fkey FOREIGN KEY (organization_id, watch_id)
                REFERENCES {WATCHES} (organization_id, id) ON DELETE CASCADE,
            CONSTRAINT {NOTICES}_person_fkey FOREIGN KEY (organization_id, user_id)
                REFERENCES users (organization_id, id) ON DELETE CASCADE
        )""")
    op.execute(f"CREATE INDEX idx_{NOTICES}_watch ON {NOTICES} (organization_id, watch_id, user_id, told_at)")
    op.execute(f"CREATE INDEX idx_{NOTICES}_person ON {NOTICES} (organization_id, user_id)")


def _tables() -> Iterator[tuple[str, str]]:
    yield BUDGETS, "Budgets"
    yield PERIODS, "Budget periods"
    yield RAISES, "Budget raises"
    yield ALERTS, "Budget alerts"
    yield WATCHES, "Spending watches"
    yield NOTICES, "Spending notices"


def _protect() -> None:
    for table, title in _tables():
        rls.protect(table)
        rls.scope_to_organization(table, title=title)
        rls.open_to_owner(table)
        op.execute(f"GRANT SELECT ON {table} TO authenticated")
    sees_others = f"{rls.may('analytics.view')} OR {rls.may('budgets.manage')}"
    # whoever may launch sees what would stop them, and their own
    binds = (
        f"user_id = {rls.PERSON} OR (user_id IS NULL AND (SELECT api.may_own('orchestrations.run')) "
        f"AND {rls.sees(BUDGETS, 'project_id', of='projects')})"
    )
    rls.permit(BUDGETS, "SELECT", f"{sees_others} OR {binds}")
    manages = rls.may("budgets.manage")
    names = " AND ".join(rls.sees(BUDGETS, column, of=table) for column, table in (("project_id", "projects"),))
    rls.permit(BUDGETS, "INSERT", f"ended_at IS NULL AND created_by = {rls.PERSON} AND {manages} AND {names}")
    rls.permit(BUDGETS, "UPDATE", manages)
    op.execute(
        f"CREATE POLICY {BUDGETS}_not_ended ON {BUDGETS} AS RESTRICTIVE FOR UPDATE TO authenticated "
        f"USING (ended_at IS NULL) WITH CHECK (ended_at IS NULL OR {manages})"
    )
    op.execute(
        f"GRANT INSERT (organization_id, scope, project_id, user_id, period, created_by, {ENTERED}), "
        f"UPDATE ({ENTERED}, ended_at) ON {BUDGETS} TO authenticated"
    )
    for table in (PERIODS, RAISES, ALERTS):
        rls.permit(table, "SELECT", f"EXISTS (SELECT 1 FROM {BUDGETS} seen WHERE seen.id = {table}.budget_id)")
    of_living = f"EXISTS (SELECT 1 FROM {BUDGETS} raised WHERE raised.id = budget_id AND raised.ended_at IS NULL)"
    rls.permit(RAISES, "INSERT", f"created_by = {rls.PERSON} AND {manages} AND {of_living}")
    rls.permit(RAISES, "UPDATE", manages)
    op.execute(
        f"GRANT INSERT (organization_id, budget_id, amount_usd, reason, expires_at, created_by), UPDATE (expires_at) "
        f"ON {RAISES} TO authenticated"
    )
    rls.permit(WATCHES, "SELECT", sees_others)
    rls.permit(WATCHES, "INSERT", f"ended_at IS NULL AND created_by = {rls.PERSON} AND {manages}")
    rls.permit(WATCHES, "UPDATE", manages)
    op.execute(
        f"GRANT INSERT (organization_id, limit_usd, hours, created_by), UPDATE (ended_at) ON {WATCHES} TO authenticated"
    )
    rls.permit(NOTICES, "SELECT", sees_others)
    for table in (BUDGETS, PERIODS, RAISES):
        rls.scope_to_engine(table)
        op.execute(f"GRANT SELECT ON {table} TO engine")
    op.execute(f"GRANT UPDATE (updated_at) ON {BUDGETS} TO engine")  # to lock, and nothing else


def _watch() -> None:
    audit.touch(BUDGETS)
    audit.watch(BUDGETS, ignore=["about_id"])
    audit.watch(RAISES)
    audit.watch(WATCHES, ignore=["looks_at"])
    for trigger, (when, table, function) in MOVES.items():
        op.execute(f"CREATE TRIGGER {trigger} AFTER {when} ON {table} FOR EACH ROW EXECUTE FUNCTION {function}()")


def downgrade() -> None:
    for name in CHANGED:
        functions.replace(name, before=revision)
    for trigger, (_, table, _) in MOVES.items():
        op.execute(f"DROP TRIGGER {trigger} ON {table}")
    for name in reversed(DOORS):
        functions.drop(name)
    for table, _ in reversed(list(_tables())):
        op.execute(f"DROP TABLE {table}")
