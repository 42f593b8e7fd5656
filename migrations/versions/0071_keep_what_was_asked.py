"""Usage keeps the model that was asked, and budgets are told of wherever they come to allow less.

A call that was answered had the model as the answer names it, often with a date, and one that failed had it as it was
asked: by model all of the first had succeeded, and none of the second. That a raise expires, that a call has cost less
than was counted and that a budget becomes a hard one told nobody. A sweep asks once for each budget what all paused
runs wait for.
"""

from alembic import op

from migrations import functions

revision = "0071"
down_revision = "0070"

CHANGED = (
    "api_finish_attempts",
    "api_open_segment",
    "api_finish_try",
    "api_spend_budget",
    "api_move_budget",
    "api_watch_spending",
    "api_requeue_lost_runs",
)
EXPIRED = "api_tell_expired_raises"


def upgrade() -> None:
    functions.create(EXPIRED)
    for name in CHANGED:
        functions.replace(name)
    _watch_moves_of("limit_usd, thresholds, is_hard")


def downgrade() -> None:
    _watch_moves_of("limit_usd, thresholds")
    for name in CHANGED:
        functions.replace(name, before=revision)
    functions.drop(EXPIRED)


def _watch_moves_of(columns: str) -> None:
    op.execute("DROP TRIGGER budgets_move ON budgets")
    op.execute(
        f"CREATE TRIGGER budgets_move AFTER UPDATE OF {columns} ON budgets "
        "FOR EACH ROW EXECUTE FUNCTION api.move_budget()"
    )
