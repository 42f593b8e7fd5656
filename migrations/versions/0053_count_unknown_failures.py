"""A failed call of which nobody knows the cost is one of unknown price, as a budget counts it.

A call that timed out or was lost may be charged. Its hours are summed up anew, and read from the rows until then.
"""

from alembic import op

from migrations import functions

revision = "0053"
down_revision = "0052"

CHANGED = "api_sum_up_usage"


def upgrade() -> None:
    _lock()
    functions.replace(CHANGED, before="0054")
    _open_hours()


def _lock() -> None:
    """Nobody writes usage that is summed up in the old way in between."""
    op.execute("LOCK TABLE api_usage IN SHARE ROW EXCLUSIVE MODE")


def _open_hours() -> None:
    op.execute("""
        INSERT INTO usage_open_hours (organization_id, hour)
        SELECT DISTINCT organization_id, date_trunc('hour', created_at, 'UTC') FROM api_usage
         WHERE provider IS NOT NULL AND cost_usd IS NULL AND error_kind <> 'cancelled'
        EXCEPT SELECT organization_id, hour FROM usage_open_hours""")


def downgrade() -> None:
    _lock()
    functions.replace(CHANGED, before=revision)
    _open_hours()
