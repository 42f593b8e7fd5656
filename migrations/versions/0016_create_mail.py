"""Mail: an outbox that people's doors write to and workers send from, and links that carry a new address."""

from alembic import op

from migrations import functions, rls

revision = "0016"
down_revision = "0015"

#: file -> who may execute it. Nobody reads the outbox but by these.
DOORS = {
    "api_enqueue_mail": "authenticated, orchestrator_identity",
    "api_claim_mail": "orchestrator_worker",
    "api_finish_mail": "orchestrator_worker",
    "api_fail_mail": "orchestrator_worker",
    "api_purge_mail": "orchestrator_worker",
    "api_change_email": "orchestrator_identity",
}
#: What a later migration has changed -> which one.
_LATER = {"api_enqueue_mail": "0023", "api_change_email": "0019"}


def upgrade() -> None:
    # a transaction of its own: sign-in locks tokens before organizations, which the new table refers to
    with op.get_context().autocommit_block():
        op.execute("ALTER TABLE user_tokens ADD COLUMN IF NOT EXISTS email text")
    op.execute("""
        CREATE TABLE mail_outbox (
            id uuid PRIMARY KEY DEFAULT api.uuid7(),
            kind text NOT NULL CONSTRAINT mail_outbox_kind_check CHECK (kind IN (
                'invitation', 'password_reset', 'email_change', 'email_changed_notice', 'password_changed_notice',
                'second_factor_notice')),
            recipient text NOT NULL CONSTRAINT mail_outbox_recipient_check
                CHECK (recipient ~ '^[^@[:space:][:cntrl:]<>,;]+@[^@[:space:][:cntrl:]<>,;]+$'),
            organization_id uuid CONSTRAINT mail_outbox_organization_id_fkey REFERENCES organizations (id),
            "values" jsonb NOT NULL DEFAULT '{}'
                CONSTRAINT mail_outbox_values_check CHECK (jsonb_typeof("values") = 'object'),
            secret bytea,
            status text NOT NULL DEFAULT 'queued'
                CONSTRAINT mail_outbox_status_check CHECK (status IN ('queued', 'sending', 'sent', 'failed')),
            attempts integer NOT NULL DEFAULT 0,
            next_attempt_at timestamptz NOT NULL DEFAULT now(),
            last_error text,
            created_at timestamptz NOT NULL DEFAULT now(),
            sent_at timestamptz
        )""")
    op.execute(
        "CREATE INDEX idx_mail_outbox_due ON mail_outbox (next_attempt_at) WHERE status IN ('queued', 'sending')"
    )
    op.execute("CREATE INDEX idx_mail_outbox_organization_id ON mail_outbox (organization_id, created_at)")
    rls.protect("mail_outbox")
    rls.open_to_owner("mail_outbox")
    for name, execute in DOORS.items():
        functions.create(name, execute=execute, before=_LATER.get(name))


def downgrade() -> None:
    for name in reversed(DOORS):
        functions.drop(name)
    op.execute("DROP TABLE mail_outbox")
    op.execute("ALTER TABLE user_tokens DROP COLUMN email")
