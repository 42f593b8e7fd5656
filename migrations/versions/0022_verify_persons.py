"""Policies compare with a person who was looked up, where they believed the claims.

What the claims say is true when `api.organization_id()` has looked at them. SQL that is injected could announce others
in the middle of a statement, once that look was over and before another policy of the same statement asked who is
there: a member who sees only what they made read the rest, and whoever may not see people read their rows.

Each table is locked in a transaction of its own, and each statement can be repeated: see 0012.
"""

from collections.abc import Iterator

from alembic import op

from migrations import functions, rls

revision = "0022"
down_revision = "0021"

CHANGED = ("api_sees_all", "api_is_my_run")
#: Tables with a policy that asks who the person is.
TABLES = (
    "users",
    "projects",
    "orchestration_templates",
    "template_versions",
    "orchestration_runs",
    "phase_executions",
    "api_usage",
    "invitations",
    "provider_connections",
)
#: How PostgreSQL writes down what a policy asks.
CLAIMED, LOOKED_UP = "auth.uid() AS uid", "api.person_id() AS person_id"
_IS_OWN = f"id = {rls.PERSON}"


def upgrade() -> None:
    functions.create("api_person_id", execute="authenticated")
    for name in CHANGED:
        functions.replace(name)
    with op.get_context().autocommit_block():
        for statement in _replace(CLAIMED, LOOKED_UP):
            op.execute(statement)
        # the permission first: whoever has it needs no second look
        op.execute(f"ALTER POLICY users_select_permitted ON users USING ({rls.may('users.view')} OR {_IS_OWN})")


def _replace(old: str, new: str) -> Iterator[str]:
    """Each policy of the tables as it is, but for what it asks."""
    for table in TABLES:
        yield f"""
            DO $each$ DECLARE
                p record;
            BEGIN
                FOR p IN SELECT policyname, replace(qual, '{old}', '{new}') AS shown,
                                replace(with_check, '{old}', '{new}') AS written
                           FROM pg_policies
                          WHERE schemaname = 'public' AND tablename = '{table}'
                            AND strpos(concat(qual, with_check), '{old}') > 0
                LOOP
                    EXECUTE format('ALTER POLICY %I ON {table}', p.policyname)
                         || coalesce(' USING (' || p.shown || ')', '')
                         || coalesce(' WITH CHECK (' || p.written || ')', '');
                END LOOP;
            END $each$"""


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute(f"ALTER POLICY users_select_permitted ON users USING ({_IS_OWN} OR {rls.may('users.view')})")
        for statement in _replace(LOOKED_UP, CLAIMED):
            op.execute(statement)
    for name in reversed(CHANGED):
        functions.replace(name, before=revision)
    functions.drop("api_person_id")
