"""What a person tries out of a template is a call like a phase's: taken from the quota, and in the usage."""

from alembic import op

from migrations import functions, rls

revision = "0029"
down_revision = "0028"

#: What api.finish_try reaches: calls of no run, made by the person who asks.
MINE = f"organization_id = {rls.ORGANIZATION} AND user_id = {rls.PERSON} AND run_id IS NULL"


def upgrade() -> None:
    # an UPDATE that names a row in its WHERE holds the new row to the SELECT policy as well
    op.execute(f"CREATE POLICY api_usage_tries_seen ON api_usage FOR SELECT TO CURRENT_USER USING ({MINE})")
    op.execute(
        "CREATE POLICY api_usage_tries_ended ON api_usage FOR UPDATE TO CURRENT_USER "
        f"USING ({MINE} AND error_kind = 'lost') WITH CHECK ({MINE})"
    )
    for name, before in (("api_begin_try", "0043"), ("api_finish_try", "0071")):
        functions.create(name, execute="authenticated", before=before)


def downgrade() -> None:
    for name in ("api_finish_try", "api_begin_try"):
        functions.drop(name)
    for policy in ("api_usage_tries_ended", "api_usage_tries_seen"):
        op.execute(f"DROP POLICY {policy} ON api_usage")
