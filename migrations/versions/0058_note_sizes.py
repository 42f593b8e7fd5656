"""How large each table is, noted once a day, and what the operator reads of that and of what retention removed."""

from alembic import op

from migrations import functions, rls

revision = "0058"
down_revision = "0057"

TABLE = "size_samples"
DOORS = {
    "api_sample_sizes": "orchestrator_worker",
    "api_read_sizes": "authenticated, orchestrator_identity",
    "api_read_removals": "authenticated, orchestrator_identity",
    "api_sum_removals": "authenticated, orchestrator_identity",
}


def upgrade() -> None:
    op.execute(f"""
        CREATE TABLE {TABLE} (
            id uuid PRIMARY KEY DEFAULT api.uuid7(),
            taken_on date NOT NULL,
            name text NOT NULL,
            bytes bigint NOT NULL,
            live_rows bigint NOT NULL,
            CONSTRAINT {TABLE}_name_key UNIQUE (name, taken_on)
        )""")
    op.execute(f"CREATE INDEX idx_{TABLE}_taken_on ON {TABLE} (taken_on)")
    rls.protect(TABLE)
    rls.open_to_owner(TABLE)
    for name, execute in DOORS.items():
        functions.create(name, execute=execute)


def downgrade() -> None:
    for name in reversed(DOORS):
        functions.drop(name)
    op.execute(f"DROP TABLE {TABLE}")
