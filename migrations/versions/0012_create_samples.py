"""The sample workspace: loaded and removed by the installation, in an organization that is marked as one.

Each table is locked in a transaction of its own: steps of runs lock several of them, in another order than this, and
one of the two would be ended as a deadlock. So each statement can be repeated by an upgrade that goes on after an
interruption.
"""

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
#: What a later migration changed, and which.
BEFORE = {
    "api_keep_audit": "0055",
    "api_guard_organizations": "0019",
    "api_guard_template": "0026",
    "api_find_actor": "0018",
    "api_remove_sample": "0017",
    "api_load_sample": "0024",
}


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("ALTER TABLE organizations ADD COLUMN IF NOT EXISTS sample_made_at timestamptz")
        # no foreign key: api.find_actor believes it only where it names somebody of the sample, and the sample can go
        op.execute("ALTER TABLE user_sessions ADD COLUMN IF NOT EXISTS visiting uuid")
        for table, condition in _reached().items():
            op.execute(f"DROP POLICY IF EXISTS {table}_sample ON {table}")
            op.execute(f"CREATE POLICY {table}_sample ON {table} FOR ALL TO CURRENT_USER USING ({condition})")
    for name in CHANGED:
        functions.replace(name, before=BEFORE.get(name))
    for name in DOORS:
        functions.create(name, execute="orchestrator_identity", before=BEFORE.get(name))


def _reached() -> dict[str, str]:
    """Table -> which of its rows are the sample's; what is written has to be so as well."""
    of_people = f"user_id IN (SELECT u.id FROM users u WHERE u.organization_id IN {_SAMPLE})"
    return dict.fromkeys(TABLES, f"organization_id IN {_SAMPLE}") | dict.fromkeys(PEOPLE, of_people)


def downgrade() -> None:
    for name in reversed(DOORS):
        functions.drop(name)
    for table in (*PEOPLE, *TABLES):
        op.execute(f"DROP POLICY {table}_sample ON {table}")
    for name in CHANGED:
        functions.replace(name, before=revision)
    op.execute("ALTER TABLE user_sessions DROP COLUMN visiting")
    op.execute("ALTER TABLE organizations DROP COLUMN sample_made_at")
