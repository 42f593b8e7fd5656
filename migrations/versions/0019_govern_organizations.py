"""Organizations under the operator's hand: suspended, waiting for their end, found by every name that they had.

One table is locked, `organizations`: the new one refers to it and is filled from it.
"""

from alembic import op

from migrations import functions, rls

revision = "0019"
down_revision = "0018"

CHANGED = (
    "api_organization_id",
    "api_may",
    "api_may_own",
    "api_find_living_session",
    "api_find_invitation",
    "api_change_email",
    "api_guard_organizations",
    "api_open_segment",
    "api_take_quota",
    "api_end_run",
    "api_requeue_lost_runs",
)
_OPERATOR = "authenticated, orchestrator_identity"
#: file -> who may execute it.
DOORS = {
    "api_require_operator": "",
    "api_deletion_delay": "",
    "api_list_organizations": _OPERATOR,
    "api_count_people": _OPERATOR,
    "api_govern_organization": _OPERATOR,
    "api_ask_deletion": "authenticated",
    "api_take_seat": _OPERATOR,
    "api_end_organizations": "orchestrator_worker",
}
#: What a later migration has changed -> which one.
_LATER = (
    dict.fromkeys(("api_find_invitation", "api_ask_deletion", "api_govern_organization"), "0023")
    | dict.fromkeys(("api_require_operator", "api_open_segment"), "0024")
    | {"api_requeue_lost_runs": "0034"}
)
_LATER["api_end_run"] = "0033"


def upgrade() -> None:
    op.execute(
        "ALTER TABLE organizations ADD COLUMN suspended_at timestamptz, ADD COLUMN suspension_reason text, "
        "ADD COLUMN deletes_at timestamptz"
    )
    op.execute("""
        CREATE TABLE organization_slugs (
            id uuid PRIMARY KEY DEFAULT api.uuid7(),
            organization_id uuid NOT NULL CONSTRAINT organization_slugs_organization_id_fkey
                REFERENCES organizations (id) ON DELETE CASCADE,
            slug varchar(100) NOT NULL CONSTRAINT organization_slugs_slug_key UNIQUE,
            created_at timestamptz NOT NULL DEFAULT now()
        )""")
    op.execute("CREATE INDEX idx_organization_slugs_organization ON organization_slugs (organization_id, created_at)")
    rls.protect("organization_slugs")
    rls.open_to_owner("organization_slugs")
    rls.scope_to_organization("organization_slugs", title="Organization slugs")
    rls.permit("organization_slugs", "SELECT", rls.may("organization.view"))
    op.execute("GRANT SELECT ON organization_slugs TO authenticated")
    functions.create("api_keep_slug")
    op.execute(
        "CREATE TRIGGER organizations_keep_slug AFTER INSERT OR UPDATE OF slug ON organizations "
        "FOR EACH ROW EXECUTE FUNCTION api.keep_slug()"
    )
    op.execute("INSERT INTO organization_slugs (organization_id, slug) SELECT id, slug FROM organizations")
    for name in CHANGED:
        functions.replace(name, before=_LATER.get(name))
    # one column more; web processes of the version before name those that they read
    functions.drop("api_find_sign_in")
    functions.create("api_find_sign_in", execute="orchestrator_identity")
    for name, execute in DOORS.items():
        functions.create(name, execute=execute, before=_LATER.get(name))


def downgrade() -> None:
    for name in reversed(DOORS):
        functions.drop(name)
    functions.drop("api_find_sign_in")
    functions.create("api_find_sign_in", execute="orchestrator_identity", before=revision)
    for name in reversed(CHANGED):
        functions.replace(name, before=revision)
    op.execute("DROP TRIGGER organizations_keep_slug ON organizations")
    functions.drop("api_keep_slug")
    op.execute("DROP TABLE organization_slugs")
    op.execute(
        "ALTER TABLE organizations DROP COLUMN deletes_at, DROP COLUMN suspension_reason, DROP COLUMN suspended_at"
    )
