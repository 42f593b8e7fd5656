"""The schemas api and auth, and what every table after this stands on."""

from alembic import op

from migrations import functions

revision = "0001"
down_revision = None

LOGINS = "orchestrator_web, orchestrator_identity, orchestrator_worker"
EVERYBODY = f"authenticated, engine, {LOGINS}"


def upgrade() -> None:
    op.execute("CREATE SCHEMA IF NOT EXISTS auth")
    op.execute("CREATE SCHEMA api")
    # What the owner makes is nobody's to execute until it is granted by name; DBOS's functions are caught by this too.
    op.execute("ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC")
    op.execute(f"GRANT USAGE ON SCHEMA api, auth TO {EVERYBODY}")
    functions.create("api_uuid7", execute=EVERYBODY)
    functions.create("api_touch_updated_at")
    functions.create("api_next_month", execute=EVERYBODY)
    functions.create("api_milliseconds_since", execute="authenticated, engine")
    functions.create("api_claims", execute=EVERYBODY)
    functions.create("auth_uid", execute=EVERYBODY)
    functions.create("api_engine_organization_id", execute="engine")
    functions.create("api_live_workers", execute="authenticated")


def downgrade() -> None:
    for name in ("api_live_workers", "api_engine_organization_id", "auth_uid", "api_claims"):
        functions.drop(name)
    for name in ("api_milliseconds_since", "api_next_month", "api_touch_updated_at", "api_uuid7"):
        functions.drop(name)
    op.execute("DROP SCHEMA api")
    op.execute("DROP SCHEMA auth")
    op.execute("ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO PUBLIC")
