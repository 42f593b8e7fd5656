"""Templates and their immutable versions; public ones are read by every organization."""

from alembic import op

from migrations import audit, functions, rls

revision = "0006"
down_revision = "0005"

PUBLIC = "is_public AND status = 'published' AND deleted_at IS NULL"


def upgrade() -> None:
    op.execute("""
        CREATE TABLE orchestration_templates (
            id uuid PRIMARY KEY DEFAULT api.uuid7(),
            organization_id uuid CONSTRAINT orchestration_templates_organization_id_fkey REFERENCES organizations (id),
            created_by uuid CONSTRAINT orchestration_templates_created_by_fkey REFERENCES users (id),
            name varchar(255) NOT NULL CONSTRAINT orchestration_templates_name_check CHECK (btrim(name) <> ''),
            description text,
            category varchar(100),
            template_data jsonb NOT NULL,
            is_public boolean NOT NULL DEFAULT false,
            usage_count integer NOT NULL DEFAULT 0,
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now(),
            publisher_name varchar(255),
            version integer NOT NULL DEFAULT 1,
            status varchar(50) NOT NULL DEFAULT 'draft' CONSTRAINT orchestration_templates_status_check
                CHECK (status IN ('draft', 'in_review', 'published', 'retired')),
            tags text[] NOT NULL DEFAULT '{}',
            forked_from uuid
                CONSTRAINT orchestration_templates_forked_from_fkey REFERENCES orchestration_templates (id),
            deleted_at timestamptz,
            -- Only the built-in templates belong to no organization, and they are everybody's.
            CONSTRAINT orchestration_templates_organization_check CHECK (
                organization_id IS NOT NULL AND created_by IS NOT NULL OR organization_id IS NULL AND is_public),
            CONSTRAINT orchestration_templates_creator_fkey FOREIGN KEY (organization_id, created_by)
                REFERENCES users (organization_id, id)
        )""")
    op.execute(
        "CREATE INDEX idx_orchestration_templates_organization_name "
        "ON orchestration_templates (organization_id, name, id)"
    )
    op.execute(
        "CREATE INDEX idx_orchestration_templates_public ON orchestration_templates (name, id) "
        "WHERE is_public AND status = 'published' AND deleted_at IS NULL"
    )
    op.execute("CREATE INDEX idx_orchestration_templates_created_by ON orchestration_templates (created_by)")
    op.execute("CREATE INDEX idx_orchestration_templates_forked_from ON orchestration_templates (forked_from)")
    op.execute("""
        CREATE TABLE template_versions (
            id uuid PRIMARY KEY DEFAULT api.uuid7(),
            organization_id uuid CONSTRAINT template_versions_organization_id_fkey REFERENCES organizations (id),
            template_id uuid NOT NULL CONSTRAINT template_versions_template_id_fkey
                REFERENCES orchestration_templates (id),
            version integer NOT NULL,
            template_data jsonb NOT NULL,
            note text,
            created_by uuid CONSTRAINT template_versions_created_by_fkey REFERENCES users (id),
            created_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT template_versions_template_id_version_key UNIQUE (template_id, version)
        )""")
    op.execute("CREATE INDEX idx_template_versions_organization_id ON template_versions (organization_id)")
    op.execute("CREATE INDEX idx_template_versions_created_by ON template_versions (created_by)")
    audit.touch("orchestration_templates", ignore=["usage_count"])
    audit.watch("orchestration_templates", resource="templates", ignore=["usage_count", "template_data"])
    functions.create("api_find_template", execute="authenticated", before="0031")
    functions.create("api_use_template", execute="authenticated", before="0031")
    functions.create("api_guard_template", before="0012")
    op.execute(
        "CREATE TRIGGER orchestration_templates_guard BEFORE INSERT OR UPDATE ON orchestration_templates "
        "FOR EACH ROW EXECUTE FUNCTION api.guard_template()"
    )

    table = "orchestration_templates"
    rls.protect(table)
    rls.open_to_owner(table)
    rls.scope_to_organization(table, title="Templates")
    op.execute(
        f'CREATE POLICY "Published templates are public" ON {table} FOR SELECT TO authenticated '
        f"USING ({PUBLIC} AND {rls.ORGANIZATION} IS NOT NULL)"
    )
    rls.permit(table, "SELECT", rls.may("templates.view"))
    rls.permit(table, "INSERT", f"created_by = {rls.CLAIMED_PERSON} AND {rls.may('templates.create')}")
    rls.permit(table, "UPDATE", rls.may("templates.edit", created_by="created_by", person=rls.CLAIMED_PERSON))
    op.execute(
        "GRANT SELECT, INSERT, UPDATE (name, description, category, template_data, is_public, publisher_name, version, "
        f"status, tags, deleted_at) ON {table} TO authenticated"
    )

    table = "template_versions"
    rls.protect(table)
    rls.open_to_owner(table)
    rls.scope_to_organization(table, title="Template versions")
    op.execute(
        f'CREATE POLICY "Versions of published templates are public" ON {table} FOR SELECT TO authenticated '
        f"USING ({rls.ORGANIZATION} IS NOT NULL AND api.find_template(template_id) IS NOT NULL)"
    )
    rls.permit(table, "SELECT", rls.may("templates.view"))
    edits_template = rls.may("templates.edit", created_by="t.created_by", person=rls.CLAIMED_PERSON)
    rls.permit(
        table,
        "INSERT",
        f"created_by = {rls.CLAIMED_PERSON} AND EXISTS (SELECT 1 FROM orchestration_templates t "
        f"WHERE t.id = template_id AND t.organization_id = {rls.ORGANIZATION} AND {edits_template})",
    )
    op.execute(f"GRANT SELECT, INSERT ON {table} TO authenticated")


def downgrade() -> None:
    op.execute("DROP TABLE template_versions, orchestration_templates")
    for name in ("api_guard_template", "api_use_template", "api_find_template"):
        functions.drop(name)
