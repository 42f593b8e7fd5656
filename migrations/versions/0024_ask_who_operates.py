"""PostgreSQL asks who operates the installation also where the identity login works for a person.

What only that login can do for an operator, making an organization and the sample workspace, was refused to others by
the pages alone. Suspending an organization takes its locks in the order of deactivating somebody in it. What a lost
worker asked of a free connection cost nothing.
"""

from alembic import op

from migrations import functions

revision = "0024"
down_revision = "0023"

CHANGED = (
    "api_require_operator",
    "api_govern_organization",
    "api_load_sample",
    "api_remove_sample",
    "api_open_segment",
)
#: What a later migration changed, and which.
BEFORE = {"api_remove_sample": "0026", "api_load_sample": "0035"}


def upgrade() -> None:
    for name in CHANGED:
        functions.replace(name, before=BEFORE.get(name))
    op.execute("GRANT EXECUTE ON FUNCTION api.require_operator() TO orchestrator_identity")


def downgrade() -> None:
    op.execute("REVOKE EXECUTE ON FUNCTION api.require_operator() FROM orchestrator_identity")
    for name in reversed(CHANGED):
        functions.replace(name, before=revision)
