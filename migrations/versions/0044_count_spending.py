"""What usage costs is counted to the budgets that it is about, and budgets are told of by mail and to endpoints.

Each table is locked in a transaction of its own: steps of runs lock several of them, in another order than this. Until
the triggers are there nobody makes a budget: the version before knows none.
"""

from alembic import op

revision = "0044"
down_revision = "0043"

TRIGGERS = {
    "api_usage_count_spending": "AFTER INSERT ON api_usage REFERENCING NEW TABLE AS written FOR EACH STATEMENT "
    "EXECUTE FUNCTION api.count_spending()",
    "api_usage_correct_spending": "AFTER UPDATE OF cost_usd ON api_usage FOR EACH ROW "
    "WHEN (NEW.cost_usd IS DISTINCT FROM OLD.cost_usd) EXECUTE FUNCTION api.correct_spending()",
}
EVENTS = (
    "run.queued",
    "run.started",
    "run.waiting_review",
    "run.paused",
    "run.completed",
    "run.failed",
    "run.cancelled",
    "phase.completed",
    "phase.failed",
    "review.requested",
    "review.decided",
    "quota.threshold",
    "project.created",
    "project.updated",
    "template.published",
    "user.invited",
    "user.role_changed",
    "user.deactivated",
    "webhook.disabled",
)
THRESHOLD = "budget.threshold"
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
)
MAILS = ("budget_threshold", "own_budget_threshold", "spending_alert")


def upgrade() -> None:
    with op.get_context().autocommit_block():
        _allow((*EVENTS, THRESHOLD), MAIL_KINDS + MAILS)
        for trigger, calls in TRIGGERS.items():
            op.execute(f"CREATE OR REPLACE TRIGGER {trigger} {calls}")


def _allow(events: tuple[str, ...], mails: tuple[str, ...]) -> None:
    chosen = ", ".join(f"'{event}'" for event in events)
    kinds = ", ".join(f"'{kind}'" for kind in mails)
    for table, name, what in (
        ("webhooks", "webhooks_events_check", f"events <@ ARRAY[{chosen}]::text[]"),
        ("webhook_events", "webhook_events_type_check", f"type IN ({chosen}, 'webhook.test')"),
        ("mail_outbox", "mail_outbox_kind_check", f"kind IN ({kinds})"),
    ):
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}, ADD CONSTRAINT {name} CHECK ({what})")


def downgrade() -> None:
    with op.get_context().autocommit_block():
        for trigger in TRIGGERS:
            op.execute(f"DROP TRIGGER IF EXISTS {trigger} ON api_usage")
        op.execute(f"DELETE FROM mail_outbox WHERE kind IN {MAILS}")
        op.execute(f"DELETE FROM webhook_events WHERE type = '{THRESHOLD}'")
        op.execute(
            f"UPDATE webhooks SET events = array_remove(events, '{THRESHOLD}') WHERE '{THRESHOLD}' = ANY (events)"
        )
        _allow(EVENTS, MAIL_KINDS)
