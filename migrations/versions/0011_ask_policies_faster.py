"""What the policies ask, in half the time: the claims read once, plans kept, one look-up instead of two.

Measured by `make bench ARGS=policies`; docs/benchmarks.md has the figures.
"""

from migrations import functions

revision = "0011"
down_revision = "0010"

#: Name -> the later revision that changes it once more.
ASKED = {
    "api_claims": None,
    "api_role_grants": None,
    "api_organization_id": "0014",
    "api_may": "0014",
    "api_may_own": "0014",
}


def upgrade() -> None:
    for name, before in ASKED.items():
        functions.replace(name, before=before)


def downgrade() -> None:
    for name in reversed(ASKED):
        functions.replace(name, before=revision)
