"""What others read of a template, what a version and an archived project say of themselves, how projects are sorted.

Other organizations' templates are read through the view `readable_templates`: what their page shows, and no version,
person or counter. Drafts are read by who may write them. A version numbers itself, a launch counts itself, a card that
is public is approved with its version, and an archived project keeps what it was before.

Each table is locked in a transaction of its own, and each statement before the last part can be repeated: see 0012.
"""

from collections.abc import Iterator

from alembic import op

from migrations import audit, functions, rls

revision = "0031"
down_revision = "0030"

REPLACED = (
    "api_find_template",
    "api_guard_projects",
    "api_guard_template",
    "api_guard_template_review",
    "api_use_template",
)
#: New ones, and who may call them.
NEW = {
    "api_card_of": "authenticated",
    "api_number_version": "",
    "api_follow_review": "",
    "api_rename_publisher": "",
    "api_count_project_run": "",
}
_DRAFT = (
    f"(status NOT IN ('draft', 'in_review') OR created_by = {rls.PERSON} OR {rls.may('templates.edit')} "
    f"OR status = 'in_review' AND {rls.may('templates.publish')})"
)
_SEEN = "EXISTS (SELECT 1 FROM orchestration_templates t WHERE t.id = template_id)"
_EDIT = rls.may("templates.edit", created_by="created_by")
#: Who may publish and no more reaches the row for a decision: api.guard_template holds them to it.
_EDIT_OR_DECIDE = f"({_EDIT} OR {rls.may('templates.publish')})"
#: Table -> which of its rows are read, beside the policy that says whose they are.
NARROWED = {"orchestration_templates": _DRAFT, "template_versions": _SEEN, "template_reviews": _SEEN}
PUBLIC_TEMPLATES = '"Published templates are public"'
PUBLIC_VERSIONS = '"Versions of published templates are public"'
_READ = (
    "name, description, category, template_data, is_public, created_at, updated_at, publisher_name, version, status, "
    "tags"
)
_IS_OWN = f"organization_id = {rls.ORGANIZATION}"
_IS_OFFERED = (
    "is_public AND status = 'published' AND (organization_id IS NULL OR organization_id IN "
    "(SELECT o.id FROM organizations o WHERE o.deleted_at IS NULL AND o.suspended_at IS NULL))"
)
# One SELECT: the parts of a UNION ALL are planned each by itself, and a barrier around them holds nothing back in them.
VIEW = f"""
    CREATE OR REPLACE VIEW readable_templates WITH (security_barrier) AS
    SELECT id, CASE WHEN {_IS_OWN} THEN organization_id END AS organization_id,
           CASE WHEN {_IS_OWN} THEN created_by END AS created_by,
           CASE WHEN {_IS_OWN} THEN usage_count END AS usage_count,
           CASE WHEN {_IS_OWN} THEN forked_from END AS forked_from, organization_id IS NULL AS is_builtin, {_READ}
      FROM orchestration_templates
     WHERE deleted_at IS NULL AND {rls.ORGANIZATION} IS NOT NULL AND ({_IS_OWN} AND {_DRAFT} OR {_IS_OFFERED})"""

RANKS = {
    "priority": ("urgent", "high", "medium", "low"),
    "status": ("active", "failed", "completed", "archived"),
}
_OLD_NAMES = "idx_projects_organization_name"


def rank(column: str) -> str:
    """The place of a word in an order that is not its letters'."""
    places = " ".join(f"WHEN '{word}' THEN {place}" for place, word in enumerate(RANKS[column]))
    return f"(CASE {column} {places} END)"


#: Index -> columns of `projects`.
INDEXES = {
    "idx_projects_organization_priority_created": "organization_id, priority, created_at, id",
    "idx_projects_organization_status_priority": "organization_id, status, priority, created_at, id",
    "idx_projects_organization_person_created": "organization_id, created_by, created_at, id",
    "idx_projects_organization_name_key": "organization_id, name_key, id",
    "idx_projects_organization_priority_rank": f"organization_id, {rank('priority')}, id",
    "idx_projects_organization_status_rank": f"organization_id, {rank('status')}, id",
    "idx_projects_organization_last_run": "organization_id, last_run_at DESC NULLS LAST, id DESC",
    "idx_projects_organization_spent": "organization_id, spent_millionths DESC, id DESC",
}
#: Columns of `projects` that are worked out, so that their change is no edit.
COUNTED = ("name_key", "last_run_at", "spent_millionths")
#: On `orchestration_runs`.
TRIGGERS = {
    "orchestration_runs_project_count_launch": "AFTER INSERT ON orchestration_runs FOR EACH ROW",
    "orchestration_runs_project_count_end": "AFTER UPDATE OF status ON orchestration_runs FOR EACH ROW "
    "WHEN (NEW.status IN ('completed', 'failed', 'cancelled') AND OLD.status <> NEW.status)",
}


def upgrade() -> None:
    with op.get_context().autocommit_block():
        for statement in (*_add_columns(), *_mend_rows()):
            op.execute(statement)
        for name, callers in NEW.items():
            for statement in _create(name, callers):
                op.execute(statement)
        for name in REPLACED:
            functions.replace(name)
        for statement in (*_guard(), *_narrow()):
            op.execute(statement)
        audit.watch("projects", ignore=COUNTED)
        op.execute("DROP TRIGGER IF EXISTS projects_touch ON projects")
        audit.touch("projects", ignore=COUNTED[1:])
        for name, columns in INDEXES.items():
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            op.execute(f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON projects ({columns})")
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {_OLD_NAMES}")
    _count()


def _add_columns() -> Iterator[str]:
    yield (
        "ALTER TABLE projects ADD COLUMN IF NOT EXISTS status_before_archive varchar(50) "
        "CONSTRAINT projects_status_before_archive_check CHECK (status_before_archive IS NULL OR status = 'archived'), "
        # lower() is not leakproof, so under a policy no index on it is entered at a page's place; this column's is
        "ADD COLUMN IF NOT EXISTS name_key text GENERATED ALWAYS AS (lower(name)) STORED, "
        "ADD COLUMN IF NOT EXISTS last_run_at timestamptz, "
        "ADD COLUMN IF NOT EXISTS spent_millionths bigint NOT NULL DEFAULT 0"
    )
    yield "ALTER TABLE template_statistics ADD COLUMN IF NOT EXISTS whole integer NOT NULL DEFAULT 0"
    yield (
        "ALTER TABLE template_reviews ADD COLUMN IF NOT EXISTS card jsonb "
        "CONSTRAINT template_reviews_card_check CHECK (jsonb_typeof(card) = 'object')"
    )


def _mend_rows() -> Iterator[str]:
    """What was left behind: requests about what is gone, templates that wait for nothing, names in others' notes."""
    yield (
        "UPDATE template_reviews r SET decision = 'withdrawn', decided_by = requested_by, decided_at = now() "
        "FROM orchestration_templates t WHERE t.id = r.template_id AND r.decision IS NULL AND t.deleted_at IS NOT NULL"
    )
    yield (
        "UPDATE orchestration_templates t SET status = 'draft' WHERE status = 'in_review' AND NOT EXISTS "
        "(SELECT 1 FROM template_reviews r WHERE r.template_id = t.id AND r.decision IS NULL)"
    )
    yield (
        "UPDATE orchestration_templates t SET status = 'in_review' WHERE status = 'draft' AND deleted_at IS NULL AND "
        "EXISTS (SELECT 1 FROM template_reviews r WHERE r.template_id = t.id AND r.decision IS NULL)"
    )
    yield (
        "UPDATE template_versions v SET note = "
        "'Forked' || coalesce(' from version ' || substring(note from ', version ([0-9]+)$'), '') "
        "FROM orchestration_templates t WHERE t.id = v.template_id "
        "AND t.forked_from IS NOT NULL AND v.version = 1 AND v.note LIKE 'Forked from “%'"
    )
    yield (
        "UPDATE template_reviews r SET card = jsonb_build_object('name', t.name, 'description', "
        "coalesce(t.description, ''), 'category', coalesce(t.category, ''), 'tags', to_jsonb(t.tags)) "
        "FROM orchestration_templates t WHERE t.id = r.template_id AND r.makes_public AND r.card IS NULL "
        "AND r.decision IS DISTINCT FROM 'rejected' AND r.decision IS DISTINCT FROM 'withdrawn'"
    )


def _create(name: str, callers: str) -> Iterator[str]:
    create, *rights = functions.statements(name, execute=callers)
    yield create.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1)
    yield from rights


def _guard() -> Iterator[str]:
    def trigger(name: str, table: str, when: str, function: str) -> str:
        return f"CREATE OR REPLACE TRIGGER {name} {when} ON {table} FOR EACH ROW EXECUTE FUNCTION api.{function}()"

    yield trigger("projects_guard", "projects", "BEFORE INSERT OR UPDATE", "guard_projects")
    yield trigger("template_versions_guard", "template_versions", "BEFORE INSERT", "number_version")
    yield trigger("template_reviews_guard", "template_reviews", "BEFORE INSERT OR UPDATE", "guard_template_review")
    yield trigger("template_reviews_follow", "template_reviews", "AFTER INSERT OR UPDATE OF decision", "follow_review")
    yield (
        "CREATE OR REPLACE TRIGGER organizations_rename_publisher AFTER UPDATE OF name ON organizations FOR EACH ROW "
        "WHEN (OLD.name <> NEW.name) EXECUTE FUNCTION api.rename_publisher()"
    )


def _narrow() -> Iterator[str]:
    yield VIEW
    yield "GRANT SELECT ON readable_templates TO authenticated"
    yield f"DROP POLICY IF EXISTS {PUBLIC_TEMPLATES} ON orchestration_templates"
    yield f"DROP POLICY IF EXISTS {PUBLIC_VERSIONS} ON template_versions"
    for table, condition in NARROWED.items():
        yield f"DROP POLICY IF EXISTS {table}_drafts ON {table}"
        yield f"CREATE POLICY {table}_drafts ON {table} AS RESTRICTIVE FOR SELECT TO authenticated USING ({condition})"
    yield (
        "ALTER POLICY orchestration_templates_update_permitted ON orchestration_templates "
        f"USING ({_EDIT_OR_DECIDE}) WITH CHECK ({_EDIT_OR_DECIDE})"
    )
    yield "DROP POLICY IF EXISTS projects_owner ON projects"
    yield "CREATE POLICY projects_owner ON projects FOR ALL TO CURRENT_USER USING (true) WITH CHECK (true)"
    yield "DROP POLICY IF EXISTS projects_sample ON projects"
    yield "DROP FUNCTION IF EXISTS api.find_offered(uuid, integer)"


def _count() -> None:
    """From the first trigger on no run is written until the earlier ones are counted too."""
    for name, when in TRIGGERS.items():
        op.execute(f"CREATE TRIGGER {name} {when} EXECUTE FUNCTION api.count_project_run()")
    functions.replace("api_count_template_run", before="0033")
    op.execute("""
        UPDATE template_statistics s
           SET whole = r.whole, known_costs = r.known_costs, cost_usd = r.cost_usd, time_ms = r.time_ms
          FROM (SELECT organization_id, template_id, count(*) AS whole, count(cost_usd) AS known_costs,
                       coalesce(sum(cost_usd), 0) AS cost_usd, coalesce(sum(execution_time_ms), 0) AS time_ms
                  FROM orchestration_runs
                 WHERE template_id IS NOT NULL AND status = 'completed' AND parent_run_id IS NULL GROUP BY 1, 2) r
         WHERE r.organization_id = s.organization_id AND r.template_id = s.template_id""")
    op.execute("""
        UPDATE template_statistics SET known_costs = 0, cost_usd = 0, time_ms = 0 WHERE whole = 0 AND completed > 0""")
    op.execute("""
        UPDATE projects p SET last_run_at = r.last_run_at, spent_millionths = r.spent
          FROM (SELECT project_id, max(created_at) AS last_run_at,
                       coalesce(sum((1000000 * cost_usd)::bigint)
                                    FILTER (WHERE status IN ('completed', 'failed', 'cancelled')), 0)::bigint AS spent
                  FROM orchestration_runs GROUP BY project_id) r WHERE r.project_id = p.id""")


def downgrade() -> None:
    for name in TRIGGERS:
        op.execute(f"DROP TRIGGER {name} ON orchestration_runs")
    functions.replace("api_count_template_run", before=revision)
    functions.create("api_find_offered", execute="authenticated", before=revision)
    for table, policy, condition in (
        (
            "orchestration_templates",
            PUBLIC_TEMPLATES,
            f"is_public AND status = 'published' AND deleted_at IS NULL AND {rls.ORGANIZATION} IS NOT NULL",
        ),
        (
            "template_versions",
            PUBLIC_VERSIONS,
            f"{rls.ORGANIZATION} IS NOT NULL AND api.find_offered(template_id, version) IS NOT NULL",
        ),
    ):
        op.execute(f"CREATE POLICY {policy} ON {table} FOR SELECT TO authenticated USING ({condition})")
    for table in NARROWED:
        op.execute(f"DROP POLICY {table}_drafts ON {table}")
    op.execute(
        "ALTER POLICY orchestration_templates_update_permitted ON orchestration_templates "
        f"USING ({_EDIT}) WITH CHECK ({_EDIT})"
    )
    op.execute("DROP VIEW readable_templates")
    op.execute("DROP POLICY projects_owner ON projects")
    op.execute(
        "CREATE POLICY projects_sample ON projects FOR ALL TO CURRENT_USER "
        "USING (organization_id IN (SELECT o.id FROM organizations o WHERE o.sample_made_at IS NOT NULL))"
    )
    _unguard()
    for name in INDEXES:
        op.execute(f"DROP INDEX {name}")
    op.execute(f"CREATE INDEX {_OLD_NAMES} ON projects (organization_id, lower(name), id)")
    op.execute(
        "ALTER TABLE projects DROP COLUMN status_before_archive, DROP COLUMN name_key, DROP COLUMN last_run_at, "
        "DROP COLUMN spent_millionths"
    )
    op.execute("ALTER TABLE template_statistics DROP COLUMN whole")
    op.execute("ALTER TABLE template_reviews DROP COLUMN card")


def _unguard() -> None:
    op.execute("DROP TRIGGER organizations_rename_publisher ON organizations")
    op.execute("DROP TRIGGER template_versions_guard ON template_versions")
    op.execute("DROP TRIGGER template_reviews_follow ON template_reviews")
    for table, function in (("projects", "guard_projects"), ("template_reviews", "guard_template_review")):
        op.execute(
            f"CREATE OR REPLACE TRIGGER {table}_guard BEFORE UPDATE ON {table} FOR EACH ROW "
            f"EXECUTE FUNCTION api.{function}()"
        )
    audit.watch("projects")
    op.execute("DROP TRIGGER projects_touch ON projects")
    audit.touch("projects")
    for name in REPLACED:
        functions.replace(name, before=revision)
    for name in reversed(NEW):
        functions.drop(name)
