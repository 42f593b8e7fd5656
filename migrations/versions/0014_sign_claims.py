"""Claims that are signed: SQL that is injected into a page stays the person's whose page it is.

Web processes of the version before, which sign nothing, go on until `claim_keys.required_from`: see lib/db/claims.py.
They ask api.find_actor who is there; api.find_session is of the version before that one, and nobody's any more.
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
            required_from timestamptz NOT NULL DEFAULT now(),
            created_at timestamptz NOT NULL DEFAULT now()
        )""")
    rls.protect("claim_keys")
    rls.open_to_owner("claim_keys")
    functions.create("api_is_signed", execute="orchestrator_web")
    functions.create("api_is_own_only")
    functions.create("api_sees_all", execute="authenticated", before="0022")
    for name in ASKED:
        functions.replace(name, before="0019")
    functions.drop("api_find_session")


def downgrade() -> None:
    functions.create("api_find_session", execute="orchestrator_identity")
    for name in reversed(ASKED):
        functions.replace(name, before=revision)
    for name in ("api_sees_all", "api_is_own_only", "api_is_signed"):
        functions.drop(name)
    op.execute("DROP TABLE claim_keys")
