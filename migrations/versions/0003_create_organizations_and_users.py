"""Organizations, their people, and the functions by which every later policy knows who asks."""

from alembic import op

from migrations import audit, functions, rls

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute("""
        CREATE TABLE organizations (
            id uuid PRIMARY KEY DEFAULT api.uuid7(),
            name varchar(255) NOT NULL CONSTRAINT organizations_name_check CHECK (btrim(name) <> ''),
            slug varchar(100) NOT NULL CONSTRAINT organizations_slug_key UNIQUE
                CONSTRAINT organizations_slug_check CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
            subscription_tier varchar(50) NOT NULL DEFAULT 'free'
                CONSTRAINT organizations_subscription_tier_check
                CHECK (subscription_tier IN ('free', 'pro', 'enterprise')),
            api_quota_limit integer DEFAULT 1000
                CONSTRAINT organizations_api_quota_limit_check CHECK (api_quota_limit >= 0),
            api_quota_used integer NOT NULL DEFAULT 0
                CONSTRAINT organizations_api_quota_used_check CHECK (api_quota_used >= 0),
            settings jsonb NOT NULL DEFAULT '{}',
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now(),
            deleted_at timestamptz,
            quota_resets_at timestamptz NOT NULL DEFAULT api.next_month()
        ) WITH (fillfactor = 50)""")
    op.execute("CREATE INDEX idx_organizations_slug ON organizations (slug)")
    op.execute("""
        CREATE TABLE users (
            id uuid PRIMARY KEY DEFAULT api.uuid7(),
            organization_id uuid NOT NULL CONSTRAINT users_organization_id_fkey REFERENCES organizations (id),
            email varchar(255) NOT NULL CONSTRAINT users_email_key UNIQUE
                CONSTRAINT users_email_check CHECK (email = lower(email) AND strpos(email, '@') > 1),
            username varchar(100) NOT NULL CONSTRAINT users_username_key UNIQUE
                CONSTRAINT users_username_check CHECK (username = lower(username) AND strpos(username, '@') = 0),
            full_name varchar(255),
            role varchar(50) NOT NULL DEFAULT 'member'
                CONSTRAINT users_role_check CHECK (role IN ('admin', 'manager', 'member', 'viewer')),
            permissions jsonb NOT NULL DEFAULT '[]'
                CONSTRAINT users_permissions_check CHECK (jsonb_typeof(permissions) = 'array'),
            preferences jsonb NOT NULL DEFAULT '{}',
            last_login_at timestamptz,
            email_verified_at timestamptz,
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now(),
            deleted_at timestamptz,
            deactivated_at timestamptz,
            is_operator boolean NOT NULL DEFAULT false,
            created_by uuid CONSTRAINT users_created_by_fkey REFERENCES users (id),
            CONSTRAINT users_organization_id_id_key UNIQUE (organization_id, id)
        )""")
    op.execute("CREATE INDEX idx_users_organization_id ON users (organization_id)")
    op.execute("CREATE INDEX idx_users_email ON users (email)")
    op.execute("CREATE INDEX idx_users_created_by ON users (created_by)")

    functions.create("api_organization_id", execute="authenticated", before="0011")
    functions.create("api_role_grants", execute="authenticated", before="0011")
    functions.create("api_may", execute="authenticated", before="0011")
    functions.create("api_may_own", execute="authenticated", before="0011")
    functions.create("api_guard_users", before="0015")
    functions.create("api_guard_organizations", before="0012")
    functions.create("api_record_event", execute="authenticated", before="0015")
    for table, ignored in (("organizations", ["api_quota_used", "quota_resets_at"]), ("users", ["last_login_at"])):
        audit.touch(table, ignore=ignored)
        audit.watch(table, ignore=ignored)
        op.execute(
            f"CREATE TRIGGER {table}_guard BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION api.guard_{table}()"
        )
        rls.protect(table)
        rls.open_to_owner(table)

    rls.scope_to_organization("organizations", title="Organizations", column="id")
    rls.scope_to_engine("organizations", column="id")
    rls.permit("organizations", "UPDATE", rls.may("organization.edit"))
    op.execute("GRANT SELECT, UPDATE ON organizations TO authenticated")
    op.execute("GRANT SELECT, UPDATE (api_quota_used, quota_resets_at) ON organizations TO engine")

    rls.scope_to_organization("users", title="Users")
    rls.permit(
        "users", "UPDATE", f"id = {rls.CLAIMED_PERSON} OR {rls.may('users.edit')} OR {rls.may('users.deactivate')}"
    )
    op.execute("GRANT SELECT, UPDATE ON users TO authenticated")

    # The trail could not name these tables before they were there.
    op.execute(
        "ALTER TABLE audit_logs ADD CONSTRAINT audit_logs_organization_id_fkey "
        "FOREIGN KEY (organization_id) REFERENCES organizations (id)"
    )
    op.execute(
        "ALTER TABLE audit_logs ADD CONSTRAINT audit_logs_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id)"
    )
    rls.scope_to_organization("audit_logs", title="Audit logs")
    rls.permit("audit_logs", "SELECT", rls.may("audit.view"))
    op.execute("GRANT SELECT ON audit_logs TO authenticated")


def downgrade() -> None:
    op.execute("REVOKE SELECT ON audit_logs FROM authenticated")
    op.execute("DROP POLICY audit_logs_select_permitted ON audit_logs")
    op.execute('DROP POLICY "Audit logs are organization-scoped" ON audit_logs')
    op.execute("ALTER TABLE audit_logs DROP CONSTRAINT audit_logs_user_id_fkey")
    op.execute("ALTER TABLE audit_logs DROP CONSTRAINT audit_logs_organization_id_fkey")
    op.execute("DROP TABLE users, organizations")
    for name in ("api_record_event", "api_guard_organizations", "api_guard_users", "api_may_own", "api_may"):
        functions.drop(name)
    for name in ("api_role_grants", "api_organization_id"):
        functions.drop(name)
