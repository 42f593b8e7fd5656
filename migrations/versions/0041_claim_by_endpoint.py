"""Deliveries are claimed endpoint by endpoint: what waits for one that is left alone is not read over by every claim.

An endpoint that moves is tried at once, a lowered limit of calls is told as well, and a secret that signs no more goes.
"""

from alembic import op

from migrations import functions

revision = "0041"
down_revision = "0040"

CHANGED = ("api_claim_deliveries", "api_purge_events")
INDEXES = {
    "idx_webhook_deliveries_claim": "(webhook_id, next_attempt_at) WHERE status IN ('pending', 'sending') "
    "AND next_attempt_at IS NOT NULL AND event_type <> 'webhook.test'",
    "idx_webhook_deliveries_tests": "(next_attempt_at) WHERE status IN ('pending', 'sending') "
    "AND event_type = 'webhook.test'",
}
_SHARE = "{0}.api_quota_used::bigint * 100 {1} {2}.api_quota_limit::bigint * {3}"
_TELL = (
    "CREATE OR REPLACE TRIGGER organizations_tell AFTER UPDATE OF {} ON organizations FOR EACH ROW "
    "WHEN (NEW.api_quota_limit > 0 AND ({} OR {})) EXECUTE FUNCTION api.tell_quota()"
)


def upgrade() -> None:
    with op.get_context().autocommit_block():
        for name, what in INDEXES.items():
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            op.execute(f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON webhook_deliveries {what}")
    for name in CHANGED:
        functions.replace(name)
    functions.create("api_readdress_webhook")
    op.execute(
        "CREATE TRIGGER webhooks_readdress BEFORE UPDATE OF url ON webhooks FOR EACH ROW WHEN (NEW.url <> OLD.url) "
        "EXECUTE FUNCTION api.readdress_webhook()"
    )
    op.execute(_TELL.format("api_quota_used, api_quota_limit, quota_resets_at", _comes_to(80), _comes_to(100)))


def _comes_to(percent: int) -> str:
    """Whether it does with this change: by a call, by another limit, or in a month that began with it."""
    before = f"({_SHARE.format('OLD', '>=', 'OLD', percent)}) IS TRUE AND NEW.quota_resets_at = OLD.quota_resets_at"
    return f"({_SHARE.format('NEW', '>=', 'NEW', percent)} AND NOT ({before}))"


def downgrade() -> None:
    with op.get_context().autocommit_block():
        for name in INDEXES:
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
    op.execute(_TELL.format("api_quota_used", _came_to(80), _came_to(100)))
    op.execute("DROP TRIGGER webhooks_readdress ON webhooks")
    functions.drop("api_readdress_webhook")
    for name in CHANGED:
        functions.replace(name, before=revision)


def _came_to(percent: int) -> str:
    return f"({_SHARE.format('OLD', '<', 'NEW', percent)} AND {_SHARE.format('NEW', '>=', 'NEW', percent)})"
