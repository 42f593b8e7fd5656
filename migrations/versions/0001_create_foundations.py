"""The schemas api and auth, and what every table after this stands on."""

from alembic import op

from migrations import functions

revision = "0001"
down_revision = None

LOGINS = "orchestrator_web, orchestrator_identity, orchestrator_worker"
EVERYBODY = f"authenticated, engine, {LOGINS}"


def upgrade() -> None:
    op.execute("CREATE SCHEMA api")
    # What the owner makes is nobody's to execute until it is granted by name; DBOS's functions are caught by this too.
    op.execute("ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC")
    op.execute(f"GRANT USAGE ON SCHEMA api TO {EVERYBODY}")
    # Whoever starts on a schema that is too old for it should be able to say so.
    op.execute(f"GRANT SELECT ON alembic_version TO {LOGINS}")
    functions.create("api_uuid7", execute=EVERYBODY)
    functions.create("api_touch_updated_at")
    functions.create("api_next_month", execute=EVERYBODY)
    functions.create("api_milliseconds_since", execute="authenticated, engine")
    functions.create("api_claims", execute=EVERYBODY, before="0011")
    # A server that brings an `auth.uid()` of its own keeps it, and says itself who may use it.
    op.execute(f"""
        DO $there$ BEGIN
            IF to_regnamespace('auth') IS NULL THEN
                CREATE SCHEMA auth;
                GRANT USAGE ON SCHEMA auth TO {EVERYBODY};
            END IF;
            IF to_regprocedure('auth.uid()') IS NULL THEN
                {"; ".join(functions.statements("auth_uid", execute=EVERYBODY))};
            END IF;
        END $there$""")
    functions.create("api_engine_organization_id", execute="engine")
    functions.create("api_live_workers", execute="authenticated")


def downgrade() -> None:
    for name in ("api_live_workers", "api_engine_organization_id", "api_claims"):
        functions.drop(name)
    for name in ("api_milliseconds_since", "api_next_month", "api_touch_updated_at", "api_uuid7"):
        functions.drop(name)
    op.execute(f"REVOKE SELECT ON alembic_version FROM {LOGINS}")
    op.execute("DROP SCHEMA api")
    op.execute("""
        DO $ours$ BEGIN
            IF EXISTS (SELECT FROM pg_proc WHERE oid = to_regprocedure('auth.uid()')
                       AND proowner = current_user::text::regrole) THEN
                DROP FUNCTION auth.uid();
            END IF;
            IF EXISTS (SELECT FROM pg_namespace WHERE nspname = 'auth'
                       AND nspowner = current_user::text::regrole) THEN
                DROP SCHEMA auth;
            END IF;
        END $ours$""")
    op.execute("ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO PUBLIC")
