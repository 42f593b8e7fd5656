"""A second factor beside the password, and since when an organization requires one.

Each table is locked in a transaction of its own, as in 0012, so what stands in the block can be repeated by an upgrade
that goes on after an interruption.
"""

from alembic import op

from migrations import audit, functions

revision = "0018"
down_revision = "0017"

#: All are there together or none, but for a secret that waits for its first code.
_CHECK = (
    "num_nulls(totp_enabled_at, totp_last_step, recovery_codes) % 3 = 0 "
    "AND (totp_enabled_at IS NULL OR totp_secret IS NOT NULL)"
)
_COUNTERS = ["failed_attempts", "locked_until", "created_at"]


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute(f"""
            ALTER TABLE user_credentials
                ADD COLUMN IF NOT EXISTS totp_secret bytea,
                ADD COLUMN IF NOT EXISTS totp_enabled_at timestamptz,
                ADD COLUMN IF NOT EXISTS totp_last_step bigint,
                ADD COLUMN IF NOT EXISTS recovery_codes bytea[]
                    CONSTRAINT user_credentials_totp_check CHECK ({_CHECK})""")
        audit.watch(
            "user_credentials",
            resource="credentials",
            ignore=[*_COUNTERS, "totp_last_step"],
            secret=["password_hash", "totp_secret", "recovery_codes"],
        )
        op.execute("DROP POLICY IF EXISTS user_credentials_owner ON user_credentials")
        op.execute("CREATE POLICY user_credentials_owner ON user_credentials FOR SELECT TO CURRENT_USER USING (true)")
        op.execute("ALTER TABLE organizations ADD COLUMN IF NOT EXISTS second_factor_required_at timestamptz")
    functions.create("api_note_second_factor")
    op.execute(
        "CREATE TRIGGER organizations_second_factor "
        "BEFORE INSERT OR UPDATE OF settings, second_factor_required_at ON organizations "
        "FOR EACH ROW EXECUTE FUNCTION api.note_second_factor()"
    )
    op.execute(  # where the settings have said it all along, the time of grace begins now
        "UPDATE organizations SET second_factor_required_at = now() "
        "WHERE settings #> '{security_settings,require_2fa}' = 'true'"
    )
    functions.create("api_find_living_session", execute="orchestrator_identity", before="0019")
    functions.replace("api_find_actor")
    functions.create("api_second_factors", execute="authenticated")


def downgrade() -> None:
    functions.drop("api_second_factors")
    functions.replace("api_find_actor", before=revision)
    functions.drop("api_find_living_session")
    op.execute("DROP TRIGGER organizations_second_factor ON organizations")
    functions.drop("api_note_second_factor")
    op.execute("ALTER TABLE organizations DROP COLUMN second_factor_required_at")
    op.execute("DROP POLICY user_credentials_owner ON user_credentials")
    audit.watch("user_credentials", resource="credentials", ignore=_COUNTERS, secret=["password_hash"])
    op.execute(
        "ALTER TABLE user_credentials DROP COLUMN totp_secret, DROP COLUMN totp_enabled_at, "
        "DROP COLUMN totp_last_step, DROP COLUMN recovery_codes"
    )
