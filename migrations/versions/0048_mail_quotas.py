"""Those who govern an organization, and the operators who can raise its quota, are told by mail that it is used up."""

from alembic import op

from migrations import functions

revision = "0048"
down_revision = "0047"

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
)
MAILS = ("quota_threshold", "operated_quota_threshold")


def upgrade() -> None:
    _allow_mails(*MAIL_KINDS, *MAILS)
    functions.create("api_mail_quota")
    functions.replace("api_tell_quota")


def _allow_mails(*kinds: str) -> None:
    words = ", ".join(f"'{kind}'" for kind in kinds)
    op.execute(
        "ALTER TABLE mail_outbox DROP CONSTRAINT mail_outbox_kind_check, "
        f"ADD CONSTRAINT mail_outbox_kind_check CHECK (kind IN ({words}))"
    )


def downgrade() -> None:
    functions.replace("api_tell_quota", before=revision)
    functions.drop("api_mail_quota")
    op.execute(f"DELETE FROM mail_outbox WHERE kind IN {MAILS}")
    _allow_mails(*MAIL_KINDS)
