"""An organization's own connections to models: the table, its protection, and the few ways to a sealed key."""

from alembic import op

from migrations import audit, functions, rls

revision = "0020"
down_revision = "0019"

TABLE = "provider_connections"
#: Nobody who signs in reads the key, sealed as it is: it leaves by the functions below, for a call.
READABLE = (
    "id, organization_id, slug, name, vendor, base_url, api_version, key_last4, models, parameters, "
    "input_usd_per_million, output_usd_per_million, is_free, is_active, last_tested_at, last_test, created_by, "
    "created_at, updated_at"
)
#: file -> who may execute it.
DOORS = {
    "api_connection_to_call": "engine",
    "api_open_connection": "authenticated",
    "api_offered_connections": "authenticated",
    "api_record_connection_test": "authenticated",
    "api_find_connection": "orchestrator_worker",
}

#: What a later migration changed, and which.
BEFORE = {"api_record_connection_test": "0030"}


def upgrade() -> None:
    op.execute("""
        CREATE TABLE provider_connections (
            id uuid PRIMARY KEY DEFAULT api.uuid7(),
            organization_id uuid NOT NULL
                CONSTRAINT provider_connections_organization_id_fkey REFERENCES organizations (id),
            slug varchar(50) NOT NULL,
            name varchar(255) NOT NULL,
            vendor varchar(50) NOT NULL,
            base_url varchar(500) NOT NULL,
            api_version varchar(50) NOT NULL DEFAULT '',
            encrypted_key bytea,
            key_last4 varchar(4),
            models text[] NOT NULL DEFAULT '{}',
            parameters jsonb NOT NULL DEFAULT '{}',
            input_usd_per_million numeric(12,6),
            output_usd_per_million numeric(12,6),
            is_free boolean NOT NULL DEFAULT false,
            is_active boolean NOT NULL DEFAULT true,
            last_tested_at timestamptz,
            last_test jsonb NOT NULL DEFAULT '{}',
            created_by uuid NOT NULL CONSTRAINT provider_connections_created_by_fkey REFERENCES users (id),
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT provider_connections_organization_id_slug_key UNIQUE (organization_id, slug),
            CONSTRAINT provider_connections_creator_fkey FOREIGN KEY (organization_id, created_by)
                REFERENCES users (organization_id, id),
            CONSTRAINT provider_connections_vendor_check
                CHECK (vendor IN ('openai', 'anthropic', 'google', 'azure_openai', 'openai_compatible')),
            -- a run names its model slug:model; the environment's own connections have these names
            CONSTRAINT provider_connections_slug_check CHECK (slug ~ '^[a-z][a-z0-9_-]{0,49}$'
                AND slug NOT IN ('local', 'openai', 'anthropic', 'google', 'azure_openai', 'openai_compatible')),
            CONSTRAINT provider_connections_price_check CHECK (
                (input_usd_per_million IS NULL) = (output_usd_per_million IS NULL)
                AND (input_usd_per_million IS NULL OR NOT is_free)
                AND input_usd_per_million >= 0 AND output_usd_per_million >= 0)
        )""")
    op.execute("CREATE INDEX idx_provider_connections_created_by ON provider_connections (created_by)")
    functions.create("api_guard_connections")
    op.execute(
        "CREATE TRIGGER provider_connections_guard BEFORE INSERT OR UPDATE ON provider_connections "
        "FOR EACH ROW EXECUTE FUNCTION api.guard_connections()"
    )
    audit.touch(TABLE, ignore=["last_tested_at"])
    # how a test went is an event of its own in the trail
    audit.watch(TABLE, ignore=["last_tested_at", "last_test"], secret=["encrypted_key"])
    _protect()
    for name, execute in DOORS.items():
        functions.create(name, execute=execute, before=BEFORE.get(name))
    functions.replace("api_remove_sample", before="0024")


def _protect() -> None:
    rls.protect(TABLE)
    rls.scope_to_organization(TABLE, title="Provider connections")
    rls.scope_to_engine(TABLE)
    rls.open_to_owner(TABLE)
    rls.permit(TABLE, "SELECT", rls.may("connections.view"))
    rls.permit(TABLE, "INSERT", f"created_by = {rls.CLAIMED_PERSON} AND {rls.may('connections.manage')}")
    for verb in ("UPDATE", "DELETE"):
        rls.permit(TABLE, verb, rls.may("connections.manage"))
    op.execute(f"GRANT SELECT ({READABLE}), INSERT, UPDATE, DELETE ON {TABLE} TO authenticated")
    op.execute(f"GRANT SELECT ON {TABLE} TO engine")
    # api.record_connection_test adds to the usage, and reads nothing of it
    op.execute(
        "CREATE POLICY api_usage_tests ON api_usage FOR INSERT TO CURRENT_USER "
        f"WITH CHECK (organization_id = {rls.ORGANIZATION})"
    )


def downgrade() -> None:
    functions.replace("api_remove_sample", before=revision)
    op.execute("DROP POLICY api_usage_tests ON api_usage")
    for name in reversed(DOORS):
        functions.drop(name)
    op.execute("DROP TABLE provider_connections")
    functions.drop("api_guard_connections")
