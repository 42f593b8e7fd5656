"""Claims that are signed: SQL that is injected into a page stays the person's whose page it is.

What every policy asks compares the signature from here on, so web processes of the version before, which sign nothing,
show nothing until they are started anew. docs/decisions/0008 says why there is no grace.
"""

from alembic import op

from migrations import functions, rls

revision = "0014"
down_revision = "0013"

ASKED = ("api_organization_id", "api_may", "api_may_own")


def upgrade() -> None:
    op.execute("""
        CREATE TABLE claim_keys (
            id uuid PRIMARY KEY DEFAULT api.uuid7(),
            inner_pad bytea NOT NULL CONSTRAINT claim_keys_inner_pad_check CHECK (length(inner_pad) = 64),
            outer_pad bytea NOT NULL CONSTRAINT claim_keys_outer_pad_check CHECK (length(outer_pad) = 64),
            created_at timestamptz NOT NULL DEFAULT now()
        )""")
    rls.protect("claim_keys")
    rls.open_to_owner("claim_keys")
    functions.create("api_is_signed", execute="orchestrator_web")
    functions.create("api_is_own_only")
    functions.create("api_sees_all", execute="authenticated")
    for name in ASKED:
        functions.replace(name)
    functions.drop("api_find_actor")
    functions.create("api_find_actor", execute="orchestrator_identity")
    functions.drop("api_find_session")


def downgrade() -> None:
    functions.create("api_find_session", execute="orchestrator_identity")
    functions.drop("api_find_actor")
    functions.create("api_find_actor", execute="orchestrator_identity", before=revision)
    for name in reversed(ASKED):
        functions.replace(name, before=revision)
    for name in ("api_sees_all", "api_is_own_only", "api_is_signed"):
        functions.drop(name)
    op.execute("DROP TABLE claim_keys")
