"""What a person tries out of a template is a call like a phase's: taken from the quota, and in the usage."""

from alembic import op

from migrations import functions, rls

revision = "0028"
down_revision = "0026"

#: A row that api.begin_try wrote and api.finish_try has not closed yet, of the person who asks.
UNDER_WAY = (
    f"organization_id = {rls.ORGANIZATION} AND user_id = {rls.LOOKED_UP_PERSON} AND run_id IS NULL "
    "AND error_kind = 'lost'"
)


def upgrade() -> None:
    op.execute(f"CREATE POLICY api_usage_tries_seen ON api_usage FOR SELECT TO CURRENT_USER USING ({UNDER_WAY})")
    op.execute(
        f"CREATE POLICY api_usage_tries_ended ON api_usage FOR UPDATE TO CURRENT_USER USING ({UNDER_WAY}) "
        f"WITH CHECK (organization_id = {rls.ORGANIZATION} AND user_id = {rls.LOOKED_UP_PERSON})"
    )
    for name in ("api_begin_try", "api_finish_try"):
        functions.create(name, execute="authenticated")


def downgrade() -> None:
    for name in ("api_finish_try", "api_begin_try"):
        functions.drop(name)
    for policy in ("api_usage_tries_ended", "api_usage_tries_seen"):
        op.execute(f"DROP POLICY {policy} ON api_usage")
