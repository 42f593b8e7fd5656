"""What a person wants to be told of usage by mail, each week or month: theirs alone, and a worker's to send."""

from alembic import op

from migrations import audit, functions, rls

revision = "0049"
down_revision = "0048"

TABLE = "usage_reports"
#: file -> who may execute it, in the order in which they need each other.
DOORS = {
    "api_lacks_second_factor": "",
    "api_claim_usage_report": "orchestrator_worker",
    "api_send_usage_report": "authenticated",
    "api_settle_usage_report": "orchestrator_worker",
}
CHANGED = "api_claim_schedule"
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
    "schedule_stopped_notice",
    "approval_requested",
    "webhook_stopped_notice",
    "budget_threshold",
    "own_budget_threshold",
    "spending_alert",
    "quota_threshold",
    "operated_quota_threshold",
)
MAIL = "usage_report"


def upgrade() -> None:
    op.execute(f"""
        CREATE TABLE {TABLE} (
            id uuid PRIMARY KEY DEFAULT api.uuid7(),
            organization_id uuid NOT NULL
                CONSTRAINT {TABLE}_organization_id_fkey REFERENCES organizations (id) ON DELETE CASCADE,
            user_id uuid NOT NULL CONSTRAINT {TABLE}_user_id_fkey REFERENCES users (id) ON DELETE CASCADE,
            rhythm varchar(50) NOT NULL CONSTRAINT {TABLE}_rhythm_check CHECK (rhythm IN ('weekly', 'monthly')),
            query text NOT NULL CONSTRAINT {TABLE}_query_check CHECK (length(query) <= 8000),
            next_at timestamptz NOT NULL,
            told_until date NOT NULL,
            claimed_until timestamptz,
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT {TABLE}_rhythm_key UNIQUE (organization_id, user_id, rhythm),
            CONSTRAINT {TABLE}_person_fkey FOREIGN KEY (organization_id, user_id)
                REFERENCES users (organization_id, id) ON DELETE CASCADE
        )""")
    op.execute(f"CREATE INDEX idx_{TABLE}_user_id ON {TABLE} (user_id)")
    op.execute(f"CREATE INDEX idx_{TABLE}_next_at ON {TABLE} (next_at)")
    audit.touch(TABLE, ignore=["next_at", "claimed_until"])
    _protect()
    for name, execute in DOORS.items():
        functions.create(name, execute=execute)
    functions.replace(CHANGED)
    _allow_mails(*MAIL_KINDS, MAIL)


def _protect() -> None:
    rls.protect(TABLE)
    rls.scope_to_organization(TABLE, title="Usage reports")
    rls.open_to_owner(TABLE)
    for verb in ("SELECT", "INSERT", "UPDATE", "DELETE"):
        rls.permit(TABLE, verb, f"user_id = {rls.PERSON}")
    op.execute(f"GRANT SELECT, INSERT, DELETE ON {TABLE} TO authenticated")
    op.execute(f"GRANT UPDATE (query) ON {TABLE} TO authenticated")


def _allow_mails(*kinds: str) -> None:
    words = ", ".join(f"'{kind}'" for kind in kinds)
    op.execute(
        "ALTER TABLE mail_outbox DROP CONSTRAINT mail_outbox_kind_check, "
        f"ADD CONSTRAINT mail_outbox_kind_check CHECK (kind IN ({words}))"
    )


def downgrade() -> None:
    functions.replace(CHANGED, before=revision)
    for name in reversed(DOORS):
        functions.drop(name)
    op.execute(f"DROP TABLE {TABLE}")
    op.execute(f"DELETE FROM mail_outbox WHERE kind = '{MAIL}'")
    _allow_mails(*MAIL_KINDS)
