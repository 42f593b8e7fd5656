"""What the policies ask, in half the time: the claims read once, plans kept, one look-up instead of two.

Measured by `make bench ARGS=policies`; docs/benchmarks.md has the figures.
"""

from migrations import functions

revision = "0011"
down_revision = "0010"

ASKED = ("api_claims", "api_role_grants", "api_organization_id", "api_may", "api_may_own")
CHANGED_SINCE = ("api_organization_id", "api_may", "api_may_own")


def upgrade() -> None:
    for name in ASKED:
        functions.replace(name, before="0019" if name in CHANGED_SINCE else None)


def downgrade() -> None:
    for name in reversed(ASKED):
        functions.replace(name, before=revision)
