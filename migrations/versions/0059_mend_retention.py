"""What is to be kept for a shorter time than before waits for 24 hours, whatever the hour of day at which it was set.

A report says which legal hold was released, and of which archive it tells. Backups and restores stand in a trail.
"""

from alembic import op

from migrations import functions

revision = "0059"
down_revision = "0058"

PROGRESS = "retention_progress"
WATCH = "organizations_watch_retention"
CHANGED = (
    "api_note_retention",
    "api_remove_expired",
    "api_report_entries",
    "api_require_auditor",
    "api_preview_retention",
)
#: It is told whether to wait, and has to be made anew for that.
REMADE, REMADE_FOR = "api_expire_now", "orchestrator_identity"
#: What it did `api_require_in` does now, of any permission.
GONE = "api_require_governor"


def upgrade() -> None:
    op.execute(
        f"ALTER TABLE {PROGRESS} ADD COLUMN waits_until timestamptz NOT NULL DEFAULT now() + interval '24 hours'"
    )
    functions.create("api_watch_retention")
    op.execute(
        f"CREATE TRIGGER {WATCH} AFTER UPDATE OF settings ON organizations FOR EACH ROW "
        "WHEN (OLD.settings -> 'retention' IS DISTINCT FROM NEW.settings -> 'retention') "
        "EXECUTE FUNCTION api.watch_retention()"
    )
    functions.create("api_require_in")
    functions.create("api_record_installation", execute="pg_read_all_data")
    for name in CHANGED:
        functions.replace(name)
    functions.drop(REMADE, before=revision)
    functions.create(REMADE, execute=REMADE_FOR)
    functions.drop(GONE, before=revision)


def downgrade() -> None:
    functions.create(GONE, before=revision)
    functions.drop(REMADE)
    functions.create(REMADE, execute=REMADE_FOR, before=revision)
    for name in CHANGED:
        functions.replace(name, before=revision)
    functions.drop("api_record_installation")
    functions.drop("api_require_in")
    op.execute(f"DROP TRIGGER {WATCH} ON organizations")
    functions.drop("api_watch_retention")
    op.execute(f"ALTER TABLE {PROGRESS} DROP COLUMN waits_until")
