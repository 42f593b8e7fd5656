"""Who sees whom, and who may give which rights; PostgreSQL itself refuses the rest.

A row of `users` is for its own person and for `users.view`; everybody else reads names, from the view `people`. What
every role may see needs no second look: the policy beside it asks whose the person is already. In its place stands the
organization's option that members see only what they made.

Each table is locked in a transaction of its own, and each statement can be repeated: see 0012.
"""

from collections.abc import Iterator

from alembic import op

from migrations import functions, rls

revision = "0015"
down_revision = "0014"

#: What the policies ask for members who see only what they made -> the later revision that changes it.
ASKED = {"api_launched_in": None, "api_is_my_run": "0022"}
#: Name -> who may call it.
NEW = {
    "api_rights": "authenticated",
    "api_covers": "authenticated",
    "api_keep_an_admin": "authenticated, orchestrator_identity",
    "api_end_access": "",
}

#: Name -> the later revision that changes it again.
CHANGED = {"api_guard_users": None, "api_record_event": "0050"}

#: What was asked of each table in place of the option: a permission that every role has.
VIEWED = {
    "projects": "projects.view",
    "orchestration_runs": "orchestrations.view",
    "phase_executions": "orchestrations.view",
    "phase_streams": "orchestrations.view",
    "integration_operations": "orchestrations.view",
    "orchestration_templates": "templates.view",
    "template_versions": "templates.view",
}
_ALL = "(SELECT api.sees_all())"
_OF_MY_RUN = "api.is_my_run(run_id)"
OWN = {
    "projects": f"{_ALL} OR created_by = {rls.CLAIMED_PERSON} OR id = ANY ((SELECT api.launched_in())::uuid[])",
    "orchestration_runs": f"{_ALL} OR user_id = {rls.CLAIMED_PERSON}",
    "phase_executions": f"{_ALL} OR {_OF_MY_RUN}",
    "phase_streams": (f"{_ALL} OR EXISTS (SELECT 1 FROM phase_executions p WHERE p.id = phase_execution_id)"),
    "integration_operations": f"{_ALL} OR {_OF_MY_RUN}",
}
_EDITS = " OR ".join(
    rls.may(f"projects.{verb}", created_by="created_by", person=rls.CLAIMED_PERSON) for verb in ("edit", "archive")
)
_MAKES = f"created_by = {rls.CLAIMED_PERSON} AND {rls.may('projects.create')}"
#: The columns of a webhook that are shown; its secrets are not among them.
_SHOWN = (
    "id, organization_id, name, url, events, is_active, last_triggered_at, created_at, description, "
    "previous_secret_expires_at, consecutive_failures, disabled_at, disabled_reason"
)


def upgrade() -> None:
    for name, before in ASKED.items():
        functions.create(name, execute="authenticated", before=before)
    with op.get_context().autocommit_block():
        op.execute("""
            CREATE OR REPLACE VIEW people WITH (security_barrier) AS
            SELECT id, organization_id, coalesce(full_name, username) AS name, role,
                   deactivated_at IS NOT NULL OR deleted_at IS NOT NULL AS is_deactivated
              FROM users WHERE organization_id = (SELECT api.organization_id())""")
        op.execute("GRANT SELECT ON people TO authenticated")
        for statement in (*_narrow(), *_check_archiver("people")):
            op.execute(statement)
    for name, callers in NEW.items():
        functions.create(name, execute=callers)
    for name, before in CHANGED.items():
        functions.replace(name, before=before)
    op.execute(
        "CREATE TRIGGER users_end_access AFTER UPDATE OF deactivated_at, deleted_at ON users FOR EACH ROW "
        "WHEN (NEW.deactivated_at IS NOT NULL OR NEW.deleted_at IS NOT NULL) EXECUTE FUNCTION api.end_access()"
    )
    rls.permit("users", "SELECT", f"id = {rls.CLAIMED_PERSON} OR {rls.may('users.view')}")
    op.execute("REVOKE SELECT ON webhooks FROM authenticated")
    op.execute(f"GRANT SELECT ({_SHOWN}) ON webhooks TO authenticated")


def _narrow() -> Iterator[str]:
    for table in VIEWED:
        yield f"DROP POLICY IF EXISTS {table}_select_permitted ON {table}"
    for table, condition in OWN.items():
        yield f"DROP POLICY IF EXISTS {table}_own_only ON {table}"
        yield (
            f"CREATE POLICY {table}_own_only ON {table} AS RESTRICTIVE FOR SELECT TO authenticated USING ({condition})"
        )


def _check_archiver(people: str) -> Iterator[str]:
    archiver = rls.sees("projects", "archived_by", of=people)
    edits = f"({_EDITS}) AND {archiver}"
    yield f"ALTER POLICY projects_insert_permitted ON projects WITH CHECK ({_MAKES} AND {archiver})"
    yield f"ALTER POLICY projects_update_permitted ON projects USING ({edits}) WITH CHECK ({edits})"


def downgrade() -> None:
    op.execute("REVOKE SELECT ON webhooks FROM authenticated")
    op.execute("GRANT SELECT ON webhooks TO authenticated")
    op.execute("DROP POLICY users_select_permitted ON users")
    op.execute("DROP TRIGGER users_end_access ON users")
    for name in CHANGED:
        functions.replace(name, before=revision)
    for name in reversed(NEW):
        functions.drop(name)
    for statement in _check_archiver("users"):
        op.execute(statement)
    for table in OWN:
        op.execute(f"DROP POLICY {table}_own_only ON {table}")
    for table, permission in VIEWED.items():
        rls.permit(table, "SELECT", rls.may(permission))
    op.execute("DROP VIEW people")
    for name in reversed(ASKED):
        functions.drop(name)
