"""Invitations: who was asked to become one of the organization's people, by a link that only they were given.

What older versions of the web process work with is changed beside their work, a statement at a time; each can be
repeated by an upgrade that goes on after an interruption. The rest is new and waits for nobody.
"""

from alembic import op

from migrations import audit, functions, rls

revision = "0017"
down_revision = "0016"

#: Function -> who may call it. The first is part of the others.
DOORS = {
    "api_may_invite_as": "",
    "api_may_invite": "authenticated",
    "api_issue_invitation": "authenticated",
    "api_end_sessions": "authenticated",
    "api_count_sessions": "authenticated",
    "api_find_invitation": "orchestrator_identity",
    "api_accept_invitation": "orchestrator_identity",
}
#: Function -> the revision that changed it.
_LATER = {"api_find_invitation": "0019", "api_accept_invitation": "0025"}
#: What the list of people is sorted by. NULLS LAST: who was never there stands at the end.
INDEXES = {
    "idx_users_organization_name": "users (organization_id, lower(coalesce(full_name, username)), id)",
    "idx_users_organization_created": "users (organization_id, created_at, id)",
    "idx_users_organization_last_login": "users (organization_id, last_login_at DESC NULLS LAST, id DESC)",
    "idx_user_tokens_invitation_id": "user_tokens (invitation_id)",
}
_IS_OPEN = "accepted_at IS NULL AND revoked_at IS NULL"


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("ALTER TABLE user_tokens ADD COLUMN IF NOT EXISTS invitation_id uuid")
        _check_whose_tokens("""CASE kind WHEN 'set_up' THEN invitation_id IS NULL
            WHEN 'invitation' THEN invitation_id IS NOT NULL AND user_id IS NULL
            ELSE invitation_id IS NULL AND user_id IS NOT NULL END""")
        for name, what in INDEXES.items():
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            op.execute(f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON {what}")
    op.execute("""
        CREATE TABLE invitations (
            id uuid PRIMARY KEY DEFAULT api.uuid7(),
            organization_id uuid NOT NULL CONSTRAINT invitations_organization_id_fkey REFERENCES organizations (id),
            email varchar(255) NOT NULL
                CONSTRAINT invitations_email_check CHECK (email = lower(email) AND strpos(email, '@') > 1),
            role varchar(50) NOT NULL
                CONSTRAINT invitations_role_check CHECK (role IN ('admin', 'manager', 'member', 'viewer')),
            permissions jsonb NOT NULL DEFAULT '[]'
                CONSTRAINT invitations_permissions_check CHECK (jsonb_typeof(permissions) = 'array'),
            invited_by uuid NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now(),
            expires_at timestamptz NOT NULL DEFAULT now() + interval '7 days',
            accepted_at timestamptz,
            accepted_by uuid,
            revoked_at timestamptz,
            CONSTRAINT invitations_invited_by_fkey
                FOREIGN KEY (organization_id, invited_by) REFERENCES users (organization_id, id),
            CONSTRAINT invitations_accepted_by_fkey
                FOREIGN KEY (organization_id, accepted_by) REFERENCES users (organization_id, id),
            CONSTRAINT invitations_ended_check CHECK (accepted_at IS NULL OR revoked_at IS NULL)
        )""")
    # one open invitation an address and organization
    op.execute(f"CREATE UNIQUE INDEX invitations_open_key ON invitations (organization_id, email) WHERE {_IS_OPEN}")
    op.execute(
        f"CREATE INDEX idx_invitations_open_created ON invitations (organization_id, created_at, id) WHERE {_IS_OPEN}"
    )
    op.execute("CREATE INDEX idx_invitations_invited_by ON invitations (organization_id, invited_by)")
    op.execute("CREATE INDEX idx_invitations_accepted_by ON invitations (organization_id, accepted_by)")
    op.execute(
        "ALTER TABLE user_tokens ADD CONSTRAINT user_tokens_invitation_id_fkey "
        "FOREIGN KEY (invitation_id) REFERENCES invitations (id)"
    )
    functions.replace("api_remove_sample", before="0020")
    for name, callers in DOORS.items():
        functions.create(name, execute=callers, before=_LATER.get(name))
    audit.watch("invitations")
    _let_people_in()


def _check_whose_tokens(condition: str) -> None:
    """Which tokens belong to a person, which to an invitation. Checked beside the work of others."""
    op.execute("ALTER TABLE user_tokens DROP CONSTRAINT IF EXISTS user_tokens_user_id_check")
    op.execute(f"ALTER TABLE user_tokens ADD CONSTRAINT user_tokens_user_id_check CHECK ({condition}) NOT VALID")
    op.execute("ALTER TABLE user_tokens VALIDATE CONSTRAINT user_tokens_user_id_check")


def _let_people_in() -> None:
    rls.protect("invitations")
    rls.open_to_owner("invitations")
    rls.scope_to_organization("invitations", title="Invitations")
    rls.permit("invitations", "SELECT", rls.may("users.view"))
    may_invite = f"{rls.may('users.invite')} AND api.may_invite(role, permissions)"
    is_new = f"{_IS_OPEN} AND accepted_by IS NULL AND expires_at <= now() + interval '7 days'"
    rls.permit("invitations", "INSERT", f"{may_invite} AND invited_by = {rls.CLAIMED_PERSON} AND {is_new}")
    rls.permit("invitations", "UPDATE", may_invite)
    op.execute("GRANT SELECT, INSERT, UPDATE (revoked_at) ON invitations TO authenticated")
    # the owner's functions make and use up the links of invitations, and see no other secret
    op.execute(
        "CREATE POLICY user_tokens_invitations ON user_tokens FOR ALL TO CURRENT_USER "
        "USING (kind = 'invitation') WITH CHECK (kind = 'invitation')"
    )


def downgrade() -> None:
    op.execute("DELETE FROM user_tokens WHERE kind = 'invitation'")
    op.execute("DROP POLICY user_tokens_invitations ON user_tokens")
    op.execute("ALTER TABLE user_tokens DROP CONSTRAINT user_tokens_invitation_id_fkey")
    op.execute("DROP TABLE invitations")
    for name in reversed(DOORS):
        functions.drop(name)
    functions.replace("api_remove_sample", before=revision)
    for name in reversed(INDEXES):
        op.execute(f"DROP INDEX {name}")
    _check_whose_tokens("user_id IS NOT NULL OR kind = 'set_up'")
    op.execute("ALTER TABLE user_tokens DROP COLUMN invitation_id")
