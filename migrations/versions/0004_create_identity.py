"""Credentials, sessions and one-time links: the identity login's own, and nobody else's."""

from alembic import op

from migrations import audit, functions, rls

revision = "0004"
down_revision = "0003"

#: What sign-in may ask of organizations and people, each by its own function.
DOORS = (
    "api_find_sign_in",
    "api_find_session",
    "api_is_empty",
    "api_find_organization",
    "api_create_organization",
    "api_create_user",
    "api_record_sign_in",
)
CHANGED_SINCE = ("api_find_sign_in",)


def upgrade() -> None:
    op.execute("""
        CREATE TABLE user_credentials (
            user_id uuid PRIMARY KEY CONSTRAINT user_credentials_user_id_fkey REFERENCES users (id),
            password_hash text NOT NULL,
            password_changed_at timestamptz NOT NULL DEFAULT now(),
            failed_attempts integer NOT NULL DEFAULT 0,
            locked_until timestamptz,
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now()
        )""")
    op.execute("""
        CREATE TABLE user_sessions (
            id uuid PRIMARY KEY DEFAULT api.uuid7(),
            token_hash bytea NOT NULL CONSTRAINT user_sessions_token_hash_key UNIQUE,
            user_id uuid NOT NULL CONSTRAINT user_sessions_user_id_fkey REFERENCES users (id),
            state text NOT NULL DEFAULT 'active'
                CONSTRAINT user_sessions_state_check CHECK (state IN ('active', 'pending_second_factor')),
            created_at timestamptz NOT NULL DEFAULT now(),
            last_seen_at timestamptz NOT NULL DEFAULT now(),
            expires_at timestamptz NOT NULL,
            revoked_at timestamptz,
            ip_address inet,
            user_agent text
        )""")
    op.execute("CREATE INDEX idx_user_sessions_user_id ON user_sessions (user_id)")
    op.execute("""
        CREATE TABLE user_tokens (
            id uuid PRIMARY KEY DEFAULT api.uuid7(),
            kind text NOT NULL CONSTRAINT user_tokens_kind_check
                CHECK (kind IN ('set_up', 'sign_in', 'invitation', 'password_reset', 'email_verification')),
            token_hash bytea NOT NULL CONSTRAINT user_tokens_token_hash_key UNIQUE,
            user_id uuid CONSTRAINT user_tokens_user_id_fkey REFERENCES users (id)
                CONSTRAINT user_tokens_user_id_check CHECK (user_id IS NOT NULL OR kind = 'set_up'),
            created_at timestamptz NOT NULL DEFAULT now(),
            expires_at timestamptz NOT NULL,
            used_at timestamptz
        )""")
    op.execute("CREATE INDEX idx_user_tokens_user_id ON user_tokens (user_id)")
    op.execute("""
        CREATE TABLE sign_in_networks (
            network cidr PRIMARY KEY,
            attempts integer NOT NULL CONSTRAINT sign_in_networks_attempts_check CHECK (attempts >= 0),
            unknown_names integer NOT NULL DEFAULT 0
                CONSTRAINT sign_in_networks_unknown_names_check CHECK (unknown_names >= 0),
            began_at timestamptz NOT NULL DEFAULT now()
        )""")
    op.execute("CREATE INDEX idx_sign_in_networks_began_at ON sign_in_networks (began_at)")
    for table in ("user_credentials", "user_sessions", "user_tokens", "sign_in_networks"):
        rls.protect(table)
        op.execute(
            f"CREATE POLICY {table}_identity ON {table} FOR ALL TO orchestrator_identity USING (true) WITH CHECK (true)"
        )
        op.execute(f"GRANT SELECT, INSERT, UPDATE ON {table} TO orchestrator_identity")
    rls.open_to_owner("user_sessions")
    audit.touch("user_credentials")
    audit.watch(
        "user_credentials",
        resource="credentials",
        ignore=["failed_attempts", "locked_until", "created_at"],
        secret=["password_hash"],
    )
    op.execute("GRANT DELETE ON user_tokens, user_sessions, sign_in_networks TO orchestrator_identity")
    for name in DOORS:
        functions.create(name, execute="orchestrator_identity", before="0019" if name in CHANGED_SINCE else None)


def downgrade() -> None:
    for name in reversed(DOORS):
        functions.drop(name)
    op.execute("DROP TABLE sign_in_networks, user_tokens, user_sessions, user_credentials")
