"""What people steer a run by: reviews of its answers, pauses, and a limit of its cost.

An answer that waits asks people by a row of `review_requests`, and what they say of it are rows of `run_reviews`.
Nobody writes either but through functions. Tables that workers write to are changed a statement at a time, each of
which can be repeated; the rest locks them in the order in which a step of a run does.
"""

from alembic import op

from migrations import audit, functions, rls

revision = "0033"
down_revision = "0032"

CHANGED = (
    "api_audit_run",
    "api_guard_run",
    "api_reuse_phase",
    "api_finish_attempts",
    "api_end_run",
    "api_begin_attempts",
    "api_open_segment",
    "api_advance_run",
    "api_count_template_run",
    "api_load_sample",
    "api_remove_sample",
)
#: What a later migration changed again, and which.
CHANGED_AGAIN = {"api_audit_run": "0036", "api_load_sample": "0035", "api_remove_sample": "0035"} | dict.fromkeys(
    ("api_end_run", "api_open_segment", "api_advance_run", "api_steered_runs", "api_remind_reviews"), "0037"
)
CHANGED_AGAIN |= {"api_decide_review": "0046", "api_finish_attempts": "0071"}
#: file -> who may execute it, in the order in which they need each other.
DOORS = {
    "api_most_spent": "engine, authenticated",
    "api_find_redo": "engine",
    "api_decided_phases": "engine",
    "api_steered_runs": "orchestrator_worker",
    "api_is_reviewer": "authenticated",
    "api_other_reviewers": "authenticated",
    "api_digest_of": "",
    "api_edited_answer": "authenticated",
    "api_counting_approvals": "authenticated",
    "api_end_review": "",
    "api_mail_reviewers": "",
    "api_decide_review": "authenticated",
    "api_hold_run": "",
    "api_hold_counters": "authenticated",
    "api_pause_run": "authenticated",
    "api_withdraw_pause": "authenticated",
    "api_raise_cost_limit": "authenticated",
    "api_finish_run": "authenticated",
    "api_is_stranded": "",
    "api_remind_reviews": "orchestrator_worker",
}
TABLES = ("review_requests", "run_reviews")
_SAMPLE = "organization_id IN (SELECT o.id FROM organizations o WHERE o.sample_made_at IS NOT NULL)"
_MAILS = (
    "'invitation', 'password_reset', 'email_change', 'email_changed_notice', 'password_changed_notice', "
    "'second_factor_notice'"
)
_REVIEW_MAILS = "'review_requested', 'review_reminder', 'review_escalated'"


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute(
            "ALTER TABLE orchestration_runs ADD COLUMN IF NOT EXISTS pause_requested_at timestamptz, "
            "ADD COLUMN IF NOT EXISTS pause_requested_by uuid, ADD COLUMN IF NOT EXISTS resume_at timestamptz, "
            "ADD COLUMN IF NOT EXISTS cost_accepted_at timestamptz"
        )
        op.execute(
            "ALTER TABLE phase_executions ADD COLUMN IF NOT EXISTS original_response text, "
            "ADD COLUMN IF NOT EXISTS redo_comment text, ADD COLUMN IF NOT EXISTS cost_bound_usd numeric(12, 6)"
        )
        _take_mails(f"{_MAILS}, {_REVIEW_MAILS}")
        # api.decide_review moves phases; so far the owner reached the sample's alone
        op.execute("DROP POLICY IF EXISTS phase_executions_sample ON phase_executions")
        op.execute("DROP POLICY IF EXISTS phase_executions_owner ON phase_executions")
        rls.open_to_owner("phase_executions")
    op.execute("LOCK TABLE orchestration_runs, phase_executions, users, organizations IN SHARE ROW EXCLUSIVE MODE")
    _create_requests()
    _create_reviews()
    for name, execute in DOORS.items():
        functions.create(name, execute=execute, before=CHANGED_AGAIN.get(name))
    for name in CHANGED:
        functions.replace(name, before=CHANGED_AGAIN.get(name))
    functions.create("api_track_review")
    op.execute(
        "CREATE TRIGGER phase_executions_track_review AFTER UPDATE OF status ON phase_executions FOR EACH ROW "
        "WHEN (OLD.status <> NEW.status AND (OLD.status = 'waiting_review' OR NEW.status = 'waiting_review')) "
        "EXECUTE FUNCTION api.track_review()"
    )


def _take_mails(kinds: str) -> None:
    op.execute("ALTER TABLE mail_outbox DROP CONSTRAINT IF EXISTS mail_outbox_kind_check")
    op.execute(f"ALTER TABLE mail_outbox ADD CONSTRAINT mail_outbox_kind_check CHECK (kind IN ({kinds})) NOT VALID")
    op.execute("ALTER TABLE mail_outbox VALIDATE CONSTRAINT mail_outbox_kind_check")


def _create_requests() -> None:
    table = "review_requests"
    op.execute(f"""
        CREATE TABLE {table} (
            id uuid PRIMARY KEY DEFAULT api.uuid7(),
            organization_id uuid NOT NULL CONSTRAINT {table}_organization_id_fkey REFERENCES organizations (id),
            run_id uuid NOT NULL,
            phase_execution_id uuid NOT NULL,
            required_approvals integer NOT NULL DEFAULT 1
                CONSTRAINT {table}_required_approvals_check CHECK (required_approvals >= 1),
            reviewers text[] NOT NULL DEFAULT '{{}}',
            instructions text NOT NULL DEFAULT '',
            requested_at timestamptz NOT NULL DEFAULT now(),
            due_at timestamptz,
            notified_at timestamptz,
            reminded_at timestamptz,
            escalated_at timestamptz,
            decided_at timestamptz,
            outcome varchar(50)
                CONSTRAINT {table}_outcome_check CHECK (outcome IN ('approved', 'redone', 'rejected', 'withdrawn')),
            CONSTRAINT {table}_organization_id_id_key UNIQUE (organization_id, id),
            CONSTRAINT {table}_run_fkey FOREIGN KEY (organization_id, run_id)
                REFERENCES orchestration_runs (organization_id, id),
            CONSTRAINT {table}_phase_fkey FOREIGN KEY (organization_id, phase_execution_id)
                REFERENCES phase_executions (organization_id, id),
            CONSTRAINT {table}_decided_check CHECK ((outcome IS NULL) = (decided_at IS NULL))
        )""")
    # one an attempt
    op.execute(f"CREATE UNIQUE INDEX {table}_phase_key ON {table} (organization_id, phase_execution_id)")
    op.execute(f"CREATE INDEX idx_{table}_run ON {table} (organization_id, run_id)")
    op.execute(f"CREATE INDEX idx_{table}_requested ON {table} (organization_id, requested_at, id)")
    for name, columns in (("waiting", "requested_at, id"), ("due", "due_at, id")):
        op.execute(f"CREATE INDEX idx_{table}_{name} ON {table} (organization_id, {columns}) WHERE decided_at IS NULL")
    audit.watch(table, ignore=["instructions", "notified_at", "reminded_at", "escalated_at"])
    _protect(table, title="Review requests")


def _create_reviews() -> None:
    table = "run_reviews"
    op.execute(f"""
        CREATE TABLE {table} (
            id uuid PRIMARY KEY DEFAULT api.uuid7(),
            organization_id uuid NOT NULL CONSTRAINT {table}_organization_id_fkey REFERENCES organizations (id),
            request_id uuid NOT NULL,
            run_id uuid NOT NULL,
            reviewer_id uuid NOT NULL,
            decision varchar(50) NOT NULL CONSTRAINT {table}_decision_check
                CHECK (decision IN ('approve', 'approve_with_edits', 'redo', 'reject')),
            comment text NOT NULL DEFAULT '' CONSTRAINT {table}_comment_check CHECK (
                length(comment) <= 5000 AND (decision NOT IN ('redo', 'reject') OR btrim(comment) <> '')),
            edited_response text CONSTRAINT {table}_edited_response_check CHECK (
                (edited_response IS NOT NULL) = (decision = 'approve_with_edits') AND btrim(edited_response) <> ''
                AND length(edited_response) <= 1000000),
            answer_digest text NOT NULL
                CONSTRAINT {table}_answer_digest_check CHECK (answer_digest ~ '^[0-9a-f]{{64}}$'),
            created_at timestamptz NOT NULL DEFAULT now(),
            said_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT {table}_request_id_reviewer_id_key UNIQUE (request_id, reviewer_id),
            CONSTRAINT {table}_request_fkey FOREIGN KEY (organization_id, request_id)
                REFERENCES review_requests (organization_id, id),
            CONSTRAINT {table}_run_fkey FOREIGN KEY (organization_id, run_id)
                REFERENCES orchestration_runs (organization_id, id),
            CONSTRAINT {table}_reviewer_fkey FOREIGN KEY (organization_id, reviewer_id)
                REFERENCES users (organization_id, id)
        )""")
    op.execute(f"CREATE INDEX idx_{table}_run ON {table} (organization_id, run_id)")
    op.execute(f"CREATE INDEX idx_{table}_reviewer ON {table} (organization_id, reviewer_id)")
    # texts may be long: the row keeps them
    audit.watch(table, ignore=["edited_response", "comment", "said_at"])
    _protect(table, title="Run reviews")


def _protect(table: str, *, title: str) -> None:
    """Who sees the run sees them; the owner's functions alone write."""
    rls.protect(table)
    rls.open_to_owner(table)
    rls.scope_to_organization(table, title=title)
    rls.permit(table, "SELECT", rls.may("orchestrations.view"))
    op.execute(
        f"CREATE POLICY {table}_own_only ON {table} AS RESTRICTIVE FOR SELECT TO authenticated "
        "USING ((SELECT api.sees_all()) OR api.is_my_run(run_id))"
    )
    op.execute(f"GRANT SELECT ON {table} TO authenticated")


def downgrade() -> None:
    op.execute("DROP TRIGGER phase_executions_track_review ON phase_executions")
    functions.drop("api_track_review")
    for name in CHANGED:
        functions.replace(name, before=revision)
    for name in reversed(DOORS):
        functions.drop(name)
    op.execute(f"DROP TABLE {', '.join(reversed(TABLES))}")
    op.execute("DROP POLICY phase_executions_owner ON phase_executions")
    op.execute(f"CREATE POLICY phase_executions_sample ON phase_executions FOR ALL TO CURRENT_USER USING ({_SAMPLE})")
    op.execute(f"DELETE FROM mail_outbox WHERE kind IN ({_REVIEW_MAILS})")
    _take_mails(_MAILS)
    op.execute(
        "ALTER TABLE phase_executions DROP COLUMN redo_comment, DROP COLUMN original_response, "
        "DROP COLUMN cost_bound_usd"
    )
    op.execute(
        "ALTER TABLE orchestration_runs DROP COLUMN pause_requested_by, DROP COLUMN pause_requested_at, "
        "DROP COLUMN resume_at, DROP COLUMN cost_accepted_at"
    )
