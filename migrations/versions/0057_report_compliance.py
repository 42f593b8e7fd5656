"""What a compliance report reads of an organization's trail, for who may read it and for the command line."""

from migrations import functions

revision = "0057"
down_revision = "0056"

NAMES = (
    "api_report_frame",
    "api_report_people",
    "api_report_entries",
    "api_report_counts",
    "api_report_refusals",
    "api_record_report",
)
#: 0059 changes it again.
CHANGED_AGAIN = {"api_report_entries": "0059"}


def upgrade() -> None:
    for name in NAMES:
        functions.create(name, execute="authenticated, orchestrator_identity", before=CHANGED_AGAIN.get(name))


def downgrade() -> None:
    for name in reversed(NAMES):
        functions.drop(name)
