"""The audit trail comes before the tables that it watches."""

from alembic import op

from migrations import functions, rls

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("""
        CREATE TABLE audit_logs (
            id uuid PRIMARY KEY DEFAULT api.uuid7(),
            organization_id uuid NOT NULL,
            user_id uuid,
            action varchar(255) NOT NULL,
            resource_type varchar(100),
            resource_id uuid,
            old_values jsonb NOT NULL DEFAULT '{}',
            new_values jsonb NOT NULL DEFAULT '{}',
            ip_address inet,
            user_agent text,
            created_at timestamptz NOT NULL DEFAULT now(),
            session_id uuid,
            request_id uuid
        )""")
    op.execute("CREATE INDEX idx_audit_logs_organization_created ON audit_logs (organization_id, created_at, id)")
    op.execute(
        "CREATE INDEX idx_audit_logs_resource ON audit_logs (organization_id, resource_type, resource_id, created_at)"
    )
    op.execute("CREATE INDEX idx_audit_logs_user_id ON audit_logs (user_id)")
    functions.create("api_write_audit", before="0012")
    functions.create("api_audit", before="0054")
    functions.create("api_keep_audit", before="0012")
    op.execute(
        "CREATE TRIGGER audit_logs_keep BEFORE UPDATE OR DELETE ON audit_logs "
        "FOR EACH ROW EXECUTE FUNCTION api.keep_audit()"
    )
    op.execute(
        "CREATE TRIGGER audit_logs_keep_all BEFORE TRUNCATE ON audit_logs "
        "FOR EACH STATEMENT EXECUTE FUNCTION api.keep_audit()"
    )
    rls.protect("audit_logs")
    rls.open_to_owner("audit_logs")


def downgrade() -> None:
    op.execute("DROP TABLE audit_logs")
    for name in ("api_keep_audit", "api_audit", "api_write_audit"):
        functions.drop(name)
