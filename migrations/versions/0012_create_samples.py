"""The sample workspace: loaded and removed by the installation, in an organization that is marked as one."""

from alembic import op

from migrations import functions

revision = "0012"
down_revision = "0011"

#: Tables that no definer function has touched so far: the owner reaches the sample's rows in them, and no others.
TABLES = ("projects", "phase_executions", "integration_operations", "api_usage", "webhooks")
PEOPLE = ("user_tokens", "user_credentials")
_SAMPLE = "(SELECT o.id FROM organizations o WHERE o.sample_made_at IS NOT NULL)"
CHANGED = ("api_keep_audit", "api_write_audit", "api_guard_organizations", "api_guard_template")
# api.find_session stays for web processes of the version before, which may run on while the schema is brought up to
# date; they know of no visits.
DOORS = ("api_find_actor", "api_load_sample", "api_find_sample", "api_remove_sample")


def upgrade() -> None:
    op.execute("ALTER TABLE organizations ADD COLUMN sample_made_at timestamptz")
    # no foreign key: api.find_actor believes it only where it names somebody of the sample, and the sample can go
    op.execute("ALTER TABLE user_sessions ADD COLUMN visiting uuid")
    for name in CHANGED:
        functions.replace(name)
    for table in TABLES:
        condition = f"organization_id IN {_SAMPLE}"
        op.execute(
            f"CREATE POLICY {table}_sample ON {table} FOR ALL TO CURRENT_USER "
            f"USING ({condition}) WITH CHECK ({condition})"
        )
    for table in PEOPLE:
        op.execute(
            f"CREATE POLICY {table}_sample ON {table} FOR ALL TO CURRENT_USER "
            f"USING (user_id IN (SELECT u.id FROM users u WHERE u.organization_id IN {_SAMPLE}))"
        )
    for name in DOORS:
        functions.create(name, execute="orchestrator_identity")


def downgrade() -> None:
    for name in reversed(DOORS):
        functions.drop(name)
    for table in (*PEOPLE, *TABLES):
        op.execute(f"DROP POLICY {table}_sample ON {table}")
    for name in CHANGED:
        functions.replace(name, before=revision)
    op.execute("ALTER TABLE user_sessions DROP COLUMN visiting")
    op.execute("ALTER TABLE organizations DROP COLUMN sample_made_at")
