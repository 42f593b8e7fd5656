"""What one person looks at on a page, kept under a name: theirs alone."""

from alembic import op

from migrations import audit, rls

revision = "0045"
down_revision = "0044"

TABLE = "saved_views"


def upgrade() -> None:
    op.execute(f"""
        CREATE TABLE {TABLE} (
            id uuid PRIMARY KEY DEFAULT api.uuid7(),
            organization_id uuid NOT NULL
                CONSTRAINT {TABLE}_organization_id_fkey REFERENCES organizations (id) ON DELETE CASCADE,
            user_id uuid NOT NULL CONSTRAINT {TABLE}_user_id_fkey REFERENCES users (id) ON DELETE CASCADE,
            page varchar(50) NOT NULL,
            name varchar(100) NOT NULL,
            query text NOT NULL CONSTRAINT {TABLE}_query_check CHECK (length(query) <= 8000),
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT {TABLE}_name_key UNIQUE (organization_id, user_id, page, name),
            CONSTRAINT {TABLE}_person_fkey FOREIGN KEY (organization_id, user_id)
                REFERENCES users (organization_id, id) ON DELETE CASCADE
        )""")
    op.execute(f"CREATE INDEX idx_{TABLE}_user_id ON {TABLE} (user_id)")
    audit.touch(TABLE)
    rls.protect(TABLE)
    rls.scope_to_organization(TABLE, title="Saved views")
    for verb in ("SELECT", "INSERT", "UPDATE", "DELETE"):
        rls.permit(TABLE, verb, f"user_id = {rls.PERSON}")
    op.execute(f"GRANT SELECT, INSERT, DELETE ON {TABLE} TO authenticated")
    op.execute(f"GRANT UPDATE (name, query) ON {TABLE} TO authenticated")


def downgrade() -> None:
    op.execute(f"DROP TABLE {TABLE}")
