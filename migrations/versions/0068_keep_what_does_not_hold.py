"""Retention verifies a seal of the trail before it removes what is under it, and stops before one that does not hold.

Without that, entries that somebody had changed, removed or added went with all others, and what was left verified as
intact. An operator may accept such a seal; it is called broken for good.
"""

from alembic import op

from migrations import functions

revision = "0068"
down_revision = "0067"

COLUMNS = {"audit_seals": "accepted_at timestamptz", "retention_progress": "broken_seal bigint"}
#: file -> who may execute it, in the order in which they need each other.
DOORS = {"api_first_broken_seal": "", "api_accept_seal": "orchestrator_identity"}
CHANGED = ("api_keep_seals", "api_expire", "api_expire_audit", "api_preview_audit")
#: What a later migration changes again, and which.
CHANGED_AGAIN = {"api_keep_seals": "0069"}
#: They say more than before, and have to be made anew for that.
REMADE = ("api_check_seals", "api_read_retention")
REMADE_FOR = "authenticated, orchestrator_identity"


def upgrade() -> None:
    for table, column in COLUMNS.items():
        op.execute(f"ALTER TABLE {table} ADD COLUMN {column}")
    for name, execute in DOORS.items():
        functions.create(name, execute=execute)
    for name in CHANGED:
        functions.replace(name, before=CHANGED_AGAIN.get(name))
    for name in REMADE:
        functions.drop(name)
        functions.create(name, execute=REMADE_FOR)


def downgrade() -> None:
    for name in REMADE:
        functions.drop(name)
        functions.create(name, execute=REMADE_FOR, before=revision)
    for name in CHANGED:
        functions.replace(name, before=revision)
    for name in reversed(DOORS):
        functions.drop(name)
    for table, column in COLUMNS.items():
        op.execute(f"ALTER TABLE {table} DROP COLUMN {column.split()[0]}")
