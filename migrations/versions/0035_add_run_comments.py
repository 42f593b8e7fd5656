"""What people say about a run or one of its phases, and what a run was expected to cost.

Whoever sees a run reads what was said of it; who may review runs says something, in their own name. The estimate is
written with the launch and by nobody afterwards: persons may update two columns of a run, and this is none of them.
"""

from alembic import op

from migrations import audit, functions, rls

revision = "0035"
down_revision = "0034"

TABLE = "run_comments"
#: What a person writes of a comment; the last two the policy wants to be NULL.
WRITTEN = "organization_id, run_id, phase_code, created_by, comment_text, edited_at, deleted_at"
SAMPLE = ("api_load_sample", "api_remove_sample")


def upgrade() -> None:
    op.execute(f"""
        CREATE TABLE {TABLE} (
            id uuid PRIMARY KEY DEFAULT api.uuid7(),
            organization_id uuid NOT NULL CONSTRAINT {TABLE}_organization_id_fkey REFERENCES organizations (id),
            run_id uuid NOT NULL CONSTRAINT {TABLE}_run_id_fkey REFERENCES orchestration_runs (id),
            phase_code varchar(50),
            created_by uuid NOT NULL CONSTRAINT {TABLE}_created_by_fkey REFERENCES users (id),
            comment_text text NOT NULL CONSTRAINT {TABLE}_text_check CHECK (char_length(comment_text) <= 10000),
            created_at timestamptz NOT NULL DEFAULT now(),
            edited_at timestamptz,
            deleted_at timestamptz,
            CONSTRAINT {TABLE}_deleted_check CHECK ((deleted_at IS NULL) = (btrim(comment_text) <> '')),
            CONSTRAINT {TABLE}_run_fkey FOREIGN KEY (organization_id, run_id)
                REFERENCES orchestration_runs (organization_id, id),
            CONSTRAINT {TABLE}_author_fkey FOREIGN KEY (organization_id, created_by)
                REFERENCES users (organization_id, id)
        )""")
    op.execute(f"CREATE INDEX idx_{TABLE}_run ON {TABLE} (organization_id, run_id, phase_code, created_at, id)")
    op.execute(f"CREATE INDEX idx_{TABLE}_run_id ON {TABLE} (run_id)")
    op.execute(f"CREATE INDEX idx_{TABLE}_created_by ON {TABLE} (created_by)")
    functions.create("api_guard_run_comment")
    op.execute(
        f"CREATE TRIGGER {TABLE}_guard BEFORE UPDATE ON {TABLE} FOR EACH ROW EXECUTE FUNCTION api.guard_run_comment()"
    )
    audit.watch(TABLE, secret=("comment_text",))
    _protect()
    for name in SAMPLE:
        functions.replace(name, before="0036")
    op.execute("ALTER TABLE orchestration_runs ADD COLUMN estimate jsonb")


def _protect() -> None:
    rls.protect(TABLE)
    # the owner's functions touch the sample's and no others: see 0012
    sample = "(SELECT o.id FROM organizations o WHERE o.sample_made_at IS NOT NULL)"
    op.execute(f"CREATE POLICY {TABLE}_sample ON {TABLE} FOR ALL TO CURRENT_USER USING (organization_id IN {sample})")
    rls.scope_to_organization(TABLE, title="Run comments")
    op.execute(
        f"CREATE POLICY {TABLE}_own_only ON {TABLE} AS RESTRICTIVE FOR SELECT TO authenticated "
        "USING ((SELECT api.sees_all()) OR api.is_my_run(run_id))"
    )
    seen = rls.sees(TABLE, "run_id", of="orchestration_runs")
    mine = f"created_by = {rls.PERSON}"
    about = (
        "(phase_code IS NULL OR EXISTS (SELECT 1 FROM phase_executions p "
        f"WHERE p.run_id = {TABLE}.run_id AND p.phase_code = {TABLE}.phase_code))"
    )
    rls.permit(
        TABLE,
        "INSERT",
        f"{mine} AND edited_at IS NULL AND deleted_at IS NULL AND {seen} AND {about} "
        f"AND {rls.may('orchestrations.review')}",
    )
    rls.permit(TABLE, "UPDATE", f"{mine} OR {rls.may('organization.edit')}")
    # when something was said is the database's to say
    op.execute(f"GRANT SELECT, INSERT ({WRITTEN}), UPDATE (comment_text, deleted_at) ON {TABLE} TO authenticated")


def downgrade() -> None:
    op.execute("ALTER TABLE orchestration_runs DROP COLUMN estimate")
    for name in SAMPLE:
        functions.replace(name, before=revision)
    op.execute(f"DROP TABLE {TABLE}")
    functions.drop("api_guard_run_comment")
