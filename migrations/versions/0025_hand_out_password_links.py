"""Who may deactivate somebody gives them a way back in, and the last seat of an organization is taken once.

A person's link for a new password is made by whoever has no fewer rights, where it was sign-in's alone to make; it dies
with a change of that person's rights, so that nobody gets more by it than they might have given. Accepting an
invitation looks whether there is room, where inviting alone did. Beside these, a number: whom a second factor that is
about to be required would lock out at once.
"""

from alembic import op

from migrations import functions

revision = "0025"
down_revision = "0024"

CHANGED = ("api_accept_invitation", "api_enqueue_mail")
#: file -> who may execute it.
NEW = {
    "api_most_people": "",
    "api_issue_password_link": "authenticated",
    "api_end_password_links": "",
    "api_count_locked_out": "authenticated",
}
_HAS_CHANGED = " OR ".join(
    f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in ("role", "permissions", "is_operator", "deactivated_at")
)


def upgrade() -> None:
    for name, execute in NEW.items():
        functions.create(name, execute=execute)
    for name in CHANGED:
        functions.replace(name)
    # the owner's functions make and end these links, and see no other secret but those of invitations
    op.execute(
        "CREATE POLICY user_tokens_password_links ON user_tokens FOR ALL TO CURRENT_USER "
        "USING (kind = 'password_reset') WITH CHECK (kind = 'password_reset')"
    )
    op.execute(
        "CREATE TRIGGER users_password_links AFTER UPDATE OF role, permissions, is_operator, deactivated_at ON users "
        f"FOR EACH ROW WHEN ({_HAS_CHANGED}) EXECUTE FUNCTION api.end_password_links()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER users_password_links ON users")
    op.execute("DROP POLICY user_tokens_password_links ON user_tokens")
    for name in reversed(CHANGED):
        functions.replace(name, before=revision)
    for name in reversed(NEW):
        functions.drop(name)
