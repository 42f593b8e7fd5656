"""A project that somebody works for is not archived: also where the run is one that its archiver may not see."""

from migrations import functions

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    functions.create("api_count_open_runs", execute="authenticated")


def downgrade() -> None:
    functions.drop("api_count_open_runs")
