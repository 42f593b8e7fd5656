"""People are told before an edit of theirs would leave an operation that nobody may approve."""

from migrations import functions

revision = "0038"
down_revision = "0037"


def upgrade() -> None:
    functions.create("api_run_editors", execute="authenticated")
    functions.replace("api_has_edited")
    functions.create("api_other_approvers", execute="authenticated")


def downgrade() -> None:
    functions.drop("api_other_approvers")
    functions.replace("api_has_edited", before=revision)
    functions.drop("api_run_editors")
