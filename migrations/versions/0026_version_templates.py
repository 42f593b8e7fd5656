"""What editing, publishing and the gallery of templates rest on.

Drafts are one person's; a version that others rely on waits for somebody else's word (`template_reviews`); how a
template's runs of an organization ended is counted (`template_statistics`, from 0027 on), so that a gallery of any
size is sorted by it. Other organizations read the version of a public template that is offered, and none before it.
"""

from alembic import op

from migrations import audit, functions, rls

revision = "0026"
down_revision = "0025"

PUBLIC_VERSIONS = '"Versions of published templates are public"'


def upgrade() -> None:
    _create_drafts()
    _create_reviews()
    _create_statistics()
    functions.replace("api_guard_template")
    functions.replace("api_remove_sample", before="0035")
    functions.create("api_find_offered", execute="authenticated")
    op.execute(f"DROP POLICY {PUBLIC_VERSIONS} ON template_versions")
    op.execute(
        f"CREATE POLICY {PUBLIC_VERSIONS} ON template_versions FOR SELECT TO authenticated "
        f"USING ({rls.ORGANIZATION} IS NOT NULL AND api.find_offered(template_id, version) IS NOT NULL)"
    )


def _create_drafts() -> None:
    table = "template_drafts"
    op.execute(f"""
        CREATE TABLE {table} (
            id uuid PRIMARY KEY DEFAULT api.uuid7(),
            organization_id uuid NOT NULL CONSTRAINT {table}_organization_id_fkey REFERENCES organizations (id),
            template_id uuid NOT NULL CONSTRAINT {table}_template_id_fkey REFERENCES orchestration_templates (id),
            created_by uuid NOT NULL CONSTRAINT {table}_created_by_fkey REFERENCES users (id),
            base_version integer NOT NULL,
            content jsonb NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT {table}_template_id_created_by_key UNIQUE (template_id, created_by),
            CONSTRAINT {table}_creator_fkey FOREIGN KEY (organization_id, created_by)
                REFERENCES users (organization_id, id)
        )""")
    op.execute(f"CREATE INDEX idx_{table}_organization_id ON {table} (organization_id)")
    op.execute(f"CREATE INDEX idx_{table}_created_by ON {table} (created_by)")
    audit.touch(table)
    rls.protect(table)
    rls.open_to_owner(table)
    rls.scope_to_organization(table, title="Template drafts")
    mine = f"created_by = {rls.PERSON}"
    for verb in ("SELECT", "UPDATE", "DELETE"):
        rls.permit(table, verb, mine)
    # who may not edit the template writes for nobody: its next version is refused
    own = (
        "EXISTS (SELECT 1 FROM orchestration_templates t "
        f"WHERE t.id = template_id AND t.organization_id = {rls.ORGANIZATION})"
    )
    rls.permit(table, "INSERT", f"{mine} AND {own} AND {rls.may('templates.view')}")
    op.execute(f"GRANT SELECT, INSERT, DELETE, UPDATE (base_version, content) ON {table} TO authenticated")


def _create_reviews() -> None:
    table = "template_reviews"
    op.execute(f"""
        CREATE TABLE {table} (
            id uuid PRIMARY KEY DEFAULT api.uuid7(),
            organization_id uuid NOT NULL CONSTRAINT {table}_organization_id_fkey REFERENCES organizations (id),
            template_id uuid NOT NULL CONSTRAINT {table}_template_id_fkey REFERENCES orchestration_templates (id),
            version integer NOT NULL,
            makes_public boolean NOT NULL,
            requested_by uuid NOT NULL CONSTRAINT {table}_requested_by_fkey REFERENCES users (id),
            decision varchar(50) CONSTRAINT {table}_decision_check
                CHECK (decision IN ('approved', 'rejected', 'withdrawn')),
            decided_by uuid CONSTRAINT {table}_decided_by_fkey REFERENCES users (id),
            decided_at timestamptz,
            comment text,
            created_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT {table}_version_fkey FOREIGN KEY (template_id, version)
                REFERENCES template_versions (template_id, version),
            CONSTRAINT {table}_requester_fkey FOREIGN KEY (organization_id, requested_by)
                REFERENCES users (organization_id, id),
            CONSTRAINT {table}_decider_fkey FOREIGN KEY (organization_id, decided_by)
                REFERENCES users (organization_id, id),
            CONSTRAINT {table}_decided_check CHECK (
                (decision IS NULL) = (decided_at IS NULL) AND (decision IS NULL) = (decided_by IS NULL)),
            -- only one's own request is withdrawn, and nobody approves their own
            CONSTRAINT {table}_other_check CHECK ((decision = 'withdrawn') = (decided_by = requested_by))
        )""")
    op.execute(f"CREATE UNIQUE INDEX {table}_waiting_key ON {table} (template_id) WHERE decision IS NULL")
    op.execute(f"CREATE INDEX idx_{table}_waiting ON {table} (organization_id, created_at, id) WHERE decision IS NULL")
    op.execute(f"CREATE INDEX idx_{table}_version ON {table} (template_id, version)")
    for column in ("organization_id", "requested_by", "decided_by"):
        op.execute(f"CREATE INDEX idx_{table}_{column} ON {table} ({column})")
    audit.watch(table)
    functions.create("api_guard_template_review")
    op.execute(
        f"CREATE TRIGGER {table}_guard BEFORE UPDATE ON {table} FOR EACH ROW "
        "EXECUTE FUNCTION api.guard_template_review()"
    )
    rls.protect(table)
    rls.open_to_owner(table)
    rls.scope_to_organization(table, title="Template reviews")
    requester = f"requested_by = {rls.PERSON}"
    publish = rls.may("templates.publish")
    rls.permit(table, "SELECT", rls.may("templates.view"))
    rls.permit(
        table,
        "INSERT",
        f"{requester} AND decision IS NULL AND EXISTS (SELECT 1 FROM orchestration_templates t "
        f"WHERE t.id = template_id AND t.organization_id = {rls.ORGANIZATION} AND ({rls.may('templates.edit')} OR "
        f"t.created_by = {rls.PERSON} AND (SELECT api.may_own('templates.edit'))))",
    )
    rls.permit(table, "UPDATE", f"{publish} OR {requester}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE (decision, decided_by, decided_at, comment) ON {table} TO authenticated")


def _create_statistics() -> None:
    table = "template_statistics"
    op.execute(f"""
        CREATE TABLE {table} (
            id uuid PRIMARY KEY DEFAULT api.uuid7(),
            organization_id uuid NOT NULL CONSTRAINT {table}_organization_id_fkey REFERENCES organizations (id),
            template_id uuid NOT NULL CONSTRAINT {table}_template_id_fkey REFERENCES orchestration_templates (id),
            runs integer NOT NULL DEFAULT 0,
            completed integer NOT NULL DEFAULT 0,
            failed integer NOT NULL DEFAULT 0,
            -- of the completed ones
            known_costs integer NOT NULL DEFAULT 0,
            cost_usd numeric(14,6) NOT NULL DEFAULT 0,
            time_ms bigint NOT NULL DEFAULT 0,
            last_run_at timestamptz,
            CONSTRAINT {table}_organization_id_template_id_key UNIQUE (organization_id, template_id)
        )""")
    op.execute(f"CREATE INDEX idx_{table}_template_id ON {table} (template_id)")
    rls.protect(table)
    rls.open_to_owner(table)
    rls.scope_to_organization(table, title="Template statistics")
    rls.permit(table, "SELECT", rls.may("templates.view"))
    op.execute(f"GRANT SELECT ON {table} TO authenticated")


def downgrade() -> None:
    op.execute(f"DROP POLICY {PUBLIC_VERSIONS} ON template_versions")
    op.execute(
        f"CREATE POLICY {PUBLIC_VERSIONS} ON template_versions FOR SELECT TO authenticated "
        f"USING ({rls.ORGANIZATION} IS NOT NULL AND api.find_template(template_id) IS NOT NULL)"
    )
    functions.drop("api_find_offered")
    functions.replace("api_remove_sample", before=revision)
    functions.replace("api_guard_template", before=revision)
    op.execute("DROP TABLE template_statistics, template_reviews, template_drafts")
    functions.drop("api_guard_template_review")
