"""Operations after a phase become real: what they go by, how they wait for people, and what workers write of them.

`integration_operations` is written by workers under the run's fence and by nobody else; a person's word on one goes
through api.decide_operation. The connections that operations go by are a table of their own, whose sealed secret
leaves by functions, as a model connection's key does.
"""

from alembic import op

from migrations import audit, functions, rls

revision = "0037"
down_revision = "0036"

CONNECTIONS, OPERATIONS = "integration_connections", "integration_operations"
#: Nobody who signs in reads the secret, sealed as it is.
READABLE = (
    "id, organization_id, slug, name, kind, target, settings, sealed_last4, is_active, revision, created_by, "
    "created_at, updated_at"
)
CHANGED = (
    "api_end_run",
    "api_open_segment",
    "api_advance_run",
    "api_steered_runs",
    "api_remind_reviews",
    "api_remove_sample",
)
#: file -> who may execute it, in the order in which they need each other.
DOORS = {
    "api_open_integration": "authenticated",
    "api_offered_integrations": "authenticated",
    "api_find_integration": "orchestrator_worker",
    "api_operation_state": "engine",
    "api_written_operation": "engine",
    "api_make_operations": "engine",
    "api_leads_to": "engine",
    "api_has_edited": "authenticated",
    "api_finish_operations": "engine",
    "api_begin_operations": "engine",
    "api_decided_operations": "engine",
    "api_take_over_operations": "engine",
    "api_decide_operation": "authenticated",
    "api_gone_operations": "orchestrator_worker",
    "api_mail_approvers": "",
}
#: file -> the revision that gave it another body.
CHANGED_LATER = {
    "api_has_edited": "0038",
    "api_remove_sample": "0039",
    "api_advance_run": "0043",
    "api_open_segment": "0064",
}
#: A reference needs the second one, and an operation of a phase is made once, whoever makes it. The last two are those
#: that people are asked about, and were.
INDEXES = {
    f"idx_{OPERATIONS}_reused_from": "(organization_id, reused_from)",
    f"{OPERATIONS}_organization_id_id_key": "(organization_id, id)",
    f"{OPERATIONS}_place_key": "(organization_id, phase_execution_id, position)",
    f"idx_{OPERATIONS}_waiting": "(organization_id, created_at, id) WHERE status = 'waiting_approval'",
    f"idx_{OPERATIONS}_asked": "(organization_id, created_at, id) "
    "WHERE status = 'waiting_approval' OR approved_at IS NOT NULL",
}
MAIL_KINDS = (
    "invitation",
    "password_reset",
    "email_change",
    "email_changed_notice",
    "password_changed_notice",
    "second_factor_notice",
    "review_requested",
    "review_reminder",
    "review_escalated",
    "schedule_stopped_notice",
)
_SAMPLE = "organization_id IN (SELECT o.id FROM organizations o WHERE o.sample_made_at IS NOT NULL)"


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute(
            f"ALTER TABLE {OPERATIONS} ADD COLUMN IF NOT EXISTS name varchar(255), "
            "ADD COLUMN IF NOT EXISTS position integer NOT NULL DEFAULT 0, "
            "ADD COLUMN IF NOT EXISTS started_at timestamptz, "
            "ADD COLUMN IF NOT EXISTS next_attempt_at timestamptz, "
            "ADD COLUMN IF NOT EXISTS reused_from uuid, "
            "ADD COLUMN IF NOT EXISTS notified_at timestamptz, "
            "ADD COLUMN IF NOT EXISTS approved_for jsonb"
        )
        for name, columns in INDEXES.items():  # one that was left half-made is made anew
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            unique = "UNIQUE" if name.endswith("_key") else ""
            op.execute(f"CREATE {unique} INDEX CONCURRENTLY IF NOT EXISTS {name} ON {OPERATIONS} {columns}")
    op.execute(f"LOCK TABLE orchestration_runs, phase_executions, {OPERATIONS} IN SHARE ROW EXCLUSIVE MODE")
    reference = f"{OPERATIONS}_reused_from_fkey"
    op.execute(
        f"ALTER TABLE {OPERATIONS} ADD CONSTRAINT {reference} FOREIGN KEY (organization_id, reused_from) "
        f"REFERENCES {OPERATIONS} (organization_id, id) NOT VALID"
    )
    op.execute(f"ALTER TABLE {OPERATIONS} VALIDATE CONSTRAINT {reference}")
    _let_people_cancel()
    _create_connections()
    for name, execute in DOORS.items():
        functions.create(name, execute=execute, before=CHANGED_LATER.get(name))
    for name in CHANGED:
        functions.replace(name, before=CHANGED_LATER.get(name))
    _allow_mails(*MAIL_KINDS, "approval_requested")


def _allow_mails(*kinds: str) -> None:
    words = ", ".join(f"'{kind}'" for kind in kinds)
    op.execute("ALTER TABLE mail_outbox DROP CONSTRAINT mail_outbox_kind_check")
    op.execute(f"ALTER TABLE mail_outbox ADD CONSTRAINT mail_outbox_kind_check CHECK (kind IN ({words}))")


def _let_people_cancel() -> None:
    """Whoever may cancel a run that no worker holds ends what waits behind its phases."""
    functions.create("api_guard_operation")
    op.execute(
        f"CREATE TRIGGER {OPERATIONS}_guard BEFORE UPDATE ON {OPERATIONS} "
        "FOR EACH ROW EXECUTE FUNCTION api.guard_operation()"
    )
    # api.decide_operation moves them; so far the owner reached the sample's alone
    op.execute(f"DROP POLICY {OPERATIONS}_sample ON {OPERATIONS}")
    rls.open_to_owner(OPERATIONS)
    cancellable = (
        "EXISTS (SELECT 1 FROM orchestration_runs r WHERE r.id = run_id "
        f"AND {rls.may('orchestrations.cancel', created_by='r.user_id')})"
    )
    rls.permit(OPERATIONS, "UPDATE", cancellable)
    op.execute(f"GRANT UPDATE (status) ON {OPERATIONS} TO authenticated")


def _create_connections() -> None:
    op.execute(f"""
        CREATE TABLE {CONNECTIONS} (
            id uuid PRIMARY KEY DEFAULT api.uuid7(),
            organization_id uuid NOT NULL
                CONSTRAINT {CONNECTIONS}_organization_id_fkey REFERENCES organizations (id),
            slug varchar(50) NOT NULL CONSTRAINT {CONNECTIONS}_slug_check CHECK (slug ~ '^[a-z][a-z0-9_-]{{0,49}}$'),
            name varchar(255) NOT NULL,
            kind varchar(100) NOT NULL,
            target varchar(500) NOT NULL DEFAULT '',
            settings jsonb NOT NULL DEFAULT '{{}}',
            encrypted_secret bytea NOT NULL,
            sealed_last4 varchar(4) NOT NULL DEFAULT '',
            is_active boolean NOT NULL DEFAULT true,
            revision integer NOT NULL DEFAULT 1,
            created_by uuid NOT NULL CONSTRAINT {CONNECTIONS}_created_by_fkey REFERENCES users (id),
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT {CONNECTIONS}_organization_id_slug_key UNIQUE (organization_id, slug),
            CONSTRAINT {CONNECTIONS}_creator_fkey FOREIGN KEY (organization_id, created_by)
                REFERENCES users (organization_id, id)
        )""")
    op.execute(f"CREATE INDEX idx_{CONNECTIONS}_created_by ON {CONNECTIONS} (created_by)")
    functions.create("api_guard_integrations")
    op.execute(
        f"CREATE TRIGGER {CONNECTIONS}_guard BEFORE UPDATE ON {CONNECTIONS} "
        "FOR EACH ROW EXECUTE FUNCTION api.guard_integrations()"
    )
    audit.touch(CONNECTIONS)
    audit.watch(CONNECTIONS, secret=["encrypted_secret"])
    rls.protect(CONNECTIONS)
    rls.scope_to_organization(CONNECTIONS, title="Integration connections")
    rls.scope_to_engine(CONNECTIONS)
    rls.open_to_owner(CONNECTIONS)
    rls.permit(CONNECTIONS, "SELECT", rls.may("connections.view"))
    rls.permit(CONNECTIONS, "INSERT", f"created_by = {rls.PERSON} AND {rls.may('connections.manage')}")
    for verb in ("UPDATE", "DELETE"):
        rls.permit(CONNECTIONS, verb, rls.may("connections.manage"))
    op.execute(f"GRANT SELECT ({READABLE}), INSERT, UPDATE, DELETE ON {CONNECTIONS} TO authenticated")
    op.execute(f"GRANT SELECT ON {CONNECTIONS} TO engine")


def downgrade() -> None:
    op.execute("DELETE FROM mail_outbox WHERE kind = 'approval_requested'")
    _allow_mails(*MAIL_KINDS)
    for name in CHANGED:
        functions.replace(name, before=revision)
    for name in reversed(DOORS):
        functions.drop(name)
    op.execute(f"DROP TABLE {CONNECTIONS}")
    functions.drop("api_guard_integrations")
    op.execute(f"REVOKE UPDATE (status) ON {OPERATIONS} FROM authenticated")
    op.execute(f"DROP POLICY {OPERATIONS}_update_permitted ON {OPERATIONS}")
    op.execute(f"DROP POLICY {OPERATIONS}_owner ON {OPERATIONS}")
    op.execute(f"CREATE POLICY {OPERATIONS}_sample ON {OPERATIONS} FOR ALL TO CURRENT_USER USING ({_SAMPLE})")
    op.execute(f"DROP TRIGGER {OPERATIONS}_guard ON {OPERATIONS}")
    functions.drop("api_guard_operation")
    op.execute(f"ALTER TABLE {OPERATIONS} DROP CONSTRAINT {OPERATIONS}_reused_from_fkey")
    for name in INDEXES:
        op.execute(f"DROP INDEX {name}")
    op.execute(
        f"ALTER TABLE {OPERATIONS} DROP COLUMN approved_for, DROP COLUMN notified_at, DROP COLUMN reused_from, "
        "DROP COLUMN next_attempt_at, DROP COLUMN started_at, DROP COLUMN position, DROP COLUMN name"
    )
