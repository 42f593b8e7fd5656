"""Phases that are skipped, asked of another model, or wait for the limit of their connection.

A connection may have a limit of calls a minute. Whose turn it is stands in a row of its own: the connection's is
audited and shown, and is not to be written with every call. It refers to nothing, as `phase_streams` does: a check of
every call would look for what was found a moment before.
"""

from alembic import op

from migrations import functions, rls

revision = "0032"
down_revision = "0031"

TABLE = "connection_turns"
#: What a later migration changed again, and which.
CHANGED = {"api_open_segment": "0033", "api_advance_run": "0033", "api_begin_attempts": "0033"}
#: file -> who may execute it.
DOORS = {
    "api_take_turns": "engine",
    "api_hold_attempts": "engine",
    "api_skip_phases": "engine",
    "api_take_turn": "authenticated",
}


def upgrade() -> None:
    op.execute("ALTER TABLE provider_connections ADD COLUMN requests_per_minute integer")
    # a small table: the check of its rows is over at once
    op.execute(
        "ALTER TABLE provider_connections ADD CONSTRAINT provider_connections_limit_check "
        "CHECK (requests_per_minute BETWEEN 1 AND 100000)"
    )
    op.execute("GRANT SELECT (requests_per_minute) ON provider_connections TO authenticated")
    op.execute(f"""
        CREATE TABLE {TABLE} (
            connection_id uuid PRIMARY KEY,
            organization_id uuid NOT NULL,
            next_at timestamptz NOT NULL
        )""")
    rls.protect(TABLE)
    rls.scope_to_engine(TABLE)
    rls.open_to_owner(TABLE)
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON {TABLE} TO engine")
    for name, execute in DOORS.items():
        functions.create(name, execute=execute)
    for name, changed_again in CHANGED.items():
        functions.replace(name, before=changed_again)


def downgrade() -> None:
    for name in reversed(CHANGED):
        functions.replace(name, before=revision)
    for name in reversed(DOORS):
        functions.drop(name)
    op.execute(f"DROP TABLE {TABLE}")
    op.execute("ALTER TABLE provider_connections DROP COLUMN requests_per_minute")
