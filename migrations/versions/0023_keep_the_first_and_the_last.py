"""The first admin of an organization is invited by the operator, and the last operator of the installation stays.

An invitation of the operator's is in nobody's name, for they are of another organization. Both tables are locked for a
moment, in the order in which accepting an invitation locks them.
"""

from alembic import op

from migrations import functions

revision = "0023"
down_revision = "0022"

CHANGED = ("api_find_invitation", "api_enqueue_mail", "api_ask_deletion", "api_govern_organization")
#: Function -> the revision that changed it again.
_LATER = {"api_govern_organization": "0024", "api_enqueue_mail": "0025"}
#: file -> who may execute it.
NEW = {
    "api_guard_invitations": "",
    "api_invite_first_admin": "authenticated, orchestrator_identity",
    "api_operators": "",
    "api_keep_an_operator": "",
    "api_guard_operators": "",
    "api_is_last_operator": "authenticated",
}
_IS_ONE = "OLD.is_operator AND OLD.deactivated_at IS NULL AND OLD.deleted_at IS NULL"
_IS_NONE = "NOT NEW.is_operator OR NEW.deactivated_at IS NOT NULL OR NEW.deleted_at IS NOT NULL"


def upgrade() -> None:
    op.execute("ALTER TABLE invitations ALTER COLUMN invited_by DROP NOT NULL")
    for name, execute in NEW.items():
        functions.create(name, execute=execute)
    for name in CHANGED:
        functions.replace(name, before=_LATER.get(name))
    op.execute(
        "CREATE TRIGGER invitations_first_admin BEFORE INSERT OR UPDATE OF invited_by ON invitations FOR EACH ROW "
        "WHEN (NEW.invited_by IS NULL) EXECUTE FUNCTION api.guard_invitations()"
    )
    op.execute(
        "CREATE TRIGGER users_last_operator AFTER UPDATE OF is_operator, deactivated_at, deleted_at ON users "
        f"FOR EACH ROW WHEN ({_IS_ONE} AND ({_IS_NONE})) EXECUTE FUNCTION api.guard_operators()"
    )
    op.execute(
        "CREATE TRIGGER users_last_operator_gone AFTER DELETE ON users "
        f"FOR EACH ROW WHEN ({_IS_ONE}) EXECUTE FUNCTION api.guard_operators()"
    )


def downgrade() -> None:
    for trigger in ("users_last_operator_gone", "users_last_operator"):
        op.execute(f"DROP TRIGGER {trigger} ON users")
    op.execute("DROP TRIGGER invitations_first_admin ON invitations")
    for name in reversed(CHANGED):
        functions.replace(name, before=revision)
    for name in reversed(NEW):
        functions.drop(name)
    # the version before names an inviter: who came has let themselves in, who has not is invited no more
    op.execute("UPDATE invitations SET invited_by = accepted_by WHERE invited_by IS NULL AND accepted_by IS NOT NULL")
    op.execute("DELETE FROM user_tokens WHERE invitation_id IN (SELECT id FROM invitations WHERE invited_by IS NULL)")
    op.execute("DELETE FROM invitations WHERE invited_by IS NULL")
    op.execute("ALTER TABLE invitations ALTER COLUMN invited_by SET NOT NULL")
