"""What somebody said of an answer before they changed their word stays: an approval that lapsed, with its comment."""

from alembic import op

from migrations import audit, functions

revision = "0046"
down_revision = "0045"

_TEXTS = ["edited_response", "comment", "said_at"]


def upgrade() -> None:
    op.execute(
        "ALTER TABLE run_reviews ADD COLUMN earlier jsonb NOT NULL DEFAULT '[]' "
        "CONSTRAINT run_reviews_earlier_check CHECK (jsonb_typeof(earlier) = 'array')"
    )
    audit.watch("run_reviews", ignore=[*_TEXTS, "earlier"])
    functions.replace("api_decide_review")


def downgrade() -> None:
    functions.replace("api_decide_review", before=revision)
    audit.watch("run_reviews", ignore=_TEXTS)
    op.execute("ALTER TABLE run_reviews DROP COLUMN earlier")
