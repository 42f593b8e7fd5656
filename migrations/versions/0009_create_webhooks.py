"""Webhooks: the table and its protection; what sends them comes with their own step."""

from alembic import op

from migrations import audit, rls

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.execute("""
        CREATE TABLE webhooks (
            id uuid PRIMARY KEY DEFAULT api.uuid7(),
            organization_id uuid NOT NULL CONSTRAINT webhooks_organization_id_fkey REFERENCES organizations (id),
            name varchar(255) NOT NULL,
            url varchar(500) NOT NULL,
            events text[] NOT NULL DEFAULT '{}',
            secret_key varchar(255),
            is_active boolean NOT NULL DEFAULT true,
            last_triggered_at timestamptz,
            created_at timestamptz NOT NULL DEFAULT now(),
            description text,
            previous_secret_key varchar(255),
            previous_secret_expires_at timestamptz,
            consecutive_failures integer NOT NULL DEFAULT 0,
            disabled_at timestamptz,
            disabled_reason text
        )""")
    op.execute("CREATE INDEX idx_webhooks_organization_name ON webhooks (organization_id, name, id)")
    audit.watch(
        "webhooks",
        ignore=["last_triggered_at", "consecutive_failures"],
        secret=["secret_key", "previous_secret_key"],
    )
    rls.protect("webhooks")
    rls.scope_to_organization("webhooks", title="Webhooks")
    rls.permit("webhooks", "SELECT", rls.may("webhooks.view"))
    for verb in ("INSERT", "UPDATE", "DELETE"):
        rls.permit("webhooks", verb, rls.may("webhooks.manage"))
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON webhooks TO authenticated")


def downgrade() -> None:
    op.execute("DROP TABLE webhooks")
