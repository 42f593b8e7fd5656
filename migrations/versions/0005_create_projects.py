"""Projects."""

from alembic import op

from migrations import audit, functions, rls

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.execute("""
        CREATE TABLE projects (
            id uuid PRIMARY KEY DEFAULT api.uuid7(),
            organization_id uuid NOT NULL CONSTRAINT projects_organization_id_fkey REFERENCES organizations (id),
            created_by uuid NOT NULL CONSTRAINT projects_created_by_fkey REFERENCES users (id),
            name varchar(255) NOT NULL CONSTRAINT projects_name_check CHECK (btrim(name) <> ''),
            description text,
            topic text NOT NULL CONSTRAINT projects_topic_check CHECK (btrim(topic) <> ''),
            status varchar(50) NOT NULL DEFAULT 'active' CONSTRAINT projects_status_check
                CHECK (status IN ('active', 'completed', 'archived', 'failed')),
            priority varchar(20) NOT NULL DEFAULT 'medium' CONSTRAINT projects_priority_check
                CHECK (priority IN ('low', 'medium', 'high', 'urgent')),
            metadata jsonb NOT NULL DEFAULT '{}',
            settings jsonb NOT NULL DEFAULT '{}',
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now(),
            completed_at timestamptz,
            archived_at timestamptz,
            archived_by uuid CONSTRAINT projects_archived_by_fkey REFERENCES users (id),
            CONSTRAINT projects_organization_id_id_key UNIQUE (organization_id, id),
            CONSTRAINT projects_creator_fkey FOREIGN KEY (organization_id, created_by)
                REFERENCES users (organization_id, id),
            CONSTRAINT projects_archiver_fkey FOREIGN KEY (organization_id, archived_by)
                REFERENCES users (organization_id, id),
            CONSTRAINT projects_archived_check CHECK ((status = 'archived') = (archived_at IS NOT NULL))
        )""")
    op.execute("CREATE INDEX idx_projects_organization_id ON projects (organization_id)")
    op.execute("CREATE INDEX idx_projects_status ON projects (status)")
    op.execute("CREATE INDEX idx_projects_organization_created ON projects (organization_id, created_at, id)")
    op.execute(
        "CREATE INDEX idx_projects_organization_status_created ON projects (organization_id, status, created_at, id)"
    )
    op.execute("CREATE INDEX idx_projects_created_by ON projects (created_by)")
    op.execute("CREATE INDEX idx_projects_archived_by ON projects (archived_by)")
    audit.touch("projects")
    audit.watch("projects")
    functions.create("api_guard_projects", before="0031")
    op.execute(
        "CREATE TRIGGER projects_guard BEFORE UPDATE ON projects FOR EACH ROW EXECUTE FUNCTION api.guard_projects()"
    )
    rls.protect("projects")
    rls.scope_to_organization("projects", title="Projects")
    rls.permit("projects", "SELECT", rls.may("projects.view"))
    archiver = rls.sees("projects", "archived_by", of="users")
    rls.permit(
        "projects", "INSERT", f"created_by = {rls.CLAIMED_PERSON} AND {rls.may('projects.create')} AND {archiver}"
    )
    rls.permit(
        "projects",
        "UPDATE",
        f"({rls.may('projects.edit', created_by='created_by', person=rls.CLAIMED_PERSON)} "
        f"OR {rls.may('projects.archive', created_by='created_by', person=rls.CLAIMED_PERSON)}) AND {archiver}",
    )
    op.execute(
        "GRANT SELECT, INSERT, UPDATE (name, description, topic, status, priority, metadata, settings, completed_at, "
        "archived_at, archived_by) ON projects TO authenticated"
    )


def downgrade() -> None:
    op.execute("DROP TABLE projects")
    functions.drop("api_guard_projects")
