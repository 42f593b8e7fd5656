"""Webhooks become real: events, and their deliveries.

Workers take deliveries and say what came of them by functions; people read them under webhooks.view. The triggers that
write events come with the next migration.
"""

from collections.abc import Iterator

from alembic import op

from migrations import audit, functions, rls

revision = "0039"
down_revision = "0038"

EVENTS = (
    "run.queued",
    "run.started",
    "run.waiting_review",
    "run.paused",
    "run.completed",
    "run.failed",
    "run.cancelled",
    "phase.completed",
    "phase.failed",
    "review.requested",
    "review.decided",
    "quota.threshold",
    "project.created",
    "project.updated",
    "template.published",
    "user.invited",
    "user.role_changed",
    "user.deactivated",
    "webhook.disabled",
)
#: What a worker writes of an endpoint: no edit, and no event of the trail.
COUNTERS = ("last_triggered_at", "consecutive_failures", "failing_since", "resume_at")
SHOWN = (
    "id, organization_id, name, url, events, is_active, last_triggered_at, created_at, description, "
    "previous_secret_expires_at, consecutive_failures, disabled_at, disabled_reason, failing_since, resume_at, "
    "updated_at"
)
ENTERED = "name, url, events, description"
#: file -> who may execute it, in the order in which they need each other.
DOORS = {
    "api_person_card": "",
    "api_is_listened": "",
    "api_emit_event": "",
    "api_run_card": "",
    "api_phase_card": "",
    "api_tell_run": "",
    "api_tell_phase": "",
    "api_tell_review": "",
    "api_tell_quota": "",
    "api_tell_project": "",
    "api_tell_template": "",
    "api_tell_invitation": "",
    "api_tell_user": "",
    "api_tell_webhook": "",
    "api_switch_webhook": "",
    "api_claim_deliveries": "orchestrator_worker",
    "api_finish_deliveries": "orchestrator_worker",
    "api_purge_events": "orchestrator_worker",
    "api_hold_webhook": "",
    "api_send_test_event": "authenticated",
    "api_redeliver": "authenticated",
    "api_drop_deliveries": "authenticated",
    "api_rotate_webhook_secret": "authenticated",
}
#: What a later migration changed again, and which.
CHANGED_AGAIN = dict.fromkeys(("api_claim_deliveries", "api_purge_events"), "0041") | {
    "api_load_sample": "0043",
    "api_finish_deliveries": "0047",
    "api_tell_quota": "0048",
    "api_remove_sample": "0069",
}
SAMPLE = ("api_load_sample", "api_remove_sample")
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
    "approval_requested",
)
_OF_SAMPLE = "organization_id IN (SELECT o.id FROM organizations o WHERE o.sample_made_at IS NOT NULL)"


def upgrade() -> None:
    _extend_endpoints()
    _create_events()
    for name, execute in DOORS.items():
        functions.create(name, execute=execute, before=CHANGED_AGAIN.get(name))
    for name in SAMPLE:
        functions.replace(name, before=CHANGED_AGAIN.get(name))
    _allow_mails(*MAIL_KINDS, "webhook_stopped_notice")


def _extend_endpoints() -> None:
    op.execute(
        "ALTER TABLE webhooks ADD COLUMN failing_since timestamptz, ADD COLUMN resume_at timestamptz, "
        "ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now()"
    )
    words = ", ".join(f"'{event}'" for event in EVENTS)
    # nothing has set one up so far
    op.execute(f"ALTER TABLE webhooks ADD CONSTRAINT webhooks_events_check CHECK (events <@ ARRAY[{words}]::text[])")
    op.execute(
        "ALTER TABLE webhooks ADD CONSTRAINT webhooks_organization_id_id_key UNIQUE (organization_id, id), "
        "ADD CONSTRAINT webhooks_organization_id_name_key UNIQUE (organization_id, name)"
    )
    op.execute("CREATE INDEX idx_webhooks_resume_at ON webhooks (resume_at) WHERE resume_at IS NOT NULL")
    audit.touch("webhooks", ignore=COUNTERS)
    audit.watch("webhooks", ignore=COUNTERS, secret=["secret_key", "previous_secret_key"])
    op.execute("DROP POLICY webhooks_sample ON webhooks")
    rls.open_to_owner("webhooks")
    op.execute("REVOKE INSERT, UPDATE ON webhooks FROM authenticated")
    op.execute(f"GRANT SELECT ({SHOWN}), INSERT (organization_id, secret_key, {ENTERED}) ON webhooks TO authenticated")
    op.execute(f"GRANT UPDATE (is_active, {ENTERED}) ON webhooks TO authenticated")


def _create_events() -> None:
    words = ", ".join(f"'{event}'" for event in (*EVENTS, "webhook.test"))
    op.execute(f"""
        CREATE TABLE webhook_events (
            id uuid PRIMARY KEY DEFAULT api.uuid7(),
            organization_id uuid NOT NULL
                CONSTRAINT webhook_events_organization_id_fkey REFERENCES organizations (id),
            type varchar(50) NOT NULL CONSTRAINT webhook_events_type_check CHECK (type IN ({words})),
            actor jsonb,
            data jsonb NOT NULL,
            created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            CONSTRAINT webhook_events_organization_id_id_key UNIQUE (organization_id, id)
        )""")
    op.execute("CREATE INDEX idx_webhook_events_created_at ON webhook_events (created_at)")
    op.execute("""
        CREATE TABLE webhook_deliveries (
            id uuid PRIMARY KEY DEFAULT api.uuid7(),
            organization_id uuid NOT NULL
                CONSTRAINT webhook_deliveries_organization_id_fkey REFERENCES organizations (id),
            webhook_id uuid NOT NULL,
            event_id uuid NOT NULL,
            event_type varchar(50) NOT NULL,
            status varchar(50) NOT NULL DEFAULT 'pending' CONSTRAINT webhook_deliveries_status_check
                CHECK (status IN ('pending', 'sending', 'delivered', 'failed', 'dropped')),
            attempts integer NOT NULL DEFAULT 0,
            earlier_attempts integer NOT NULL DEFAULT 0,
            next_attempt_at timestamptz,
            status_code integer,
            error text,
            duration_ms integer,
            created_at timestamptz NOT NULL DEFAULT now(),
            finished_at timestamptz,
            CONSTRAINT webhook_deliveries_organization_id_id_key UNIQUE (organization_id, id),
            CONSTRAINT webhook_deliveries_webhook_fkey FOREIGN KEY (organization_id, webhook_id)
                REFERENCES webhooks (organization_id, id) ON DELETE CASCADE,
            CONSTRAINT webhook_deliveries_event_fkey FOREIGN KEY (organization_id, event_id)
                REFERENCES webhook_events (organization_id, id) ON DELETE CASCADE
        )""")
    op.execute(
        "CREATE INDEX idx_webhook_deliveries_due ON webhook_deliveries (next_attempt_at) INCLUDE (webhook_id) "
        "WHERE status IN ('pending', 'sending')"
    )
    for name, column in (
        ("organization", ""),
        ("webhook", "webhook_id, "),
        ("status", "status, "),
        ("type", "event_type, "),
    ):
        op.execute(
            f"CREATE INDEX idx_webhook_deliveries_{name} "
            f"ON webhook_deliveries (organization_id, {column}created_at, id)"
        )
    op.execute("CREATE INDEX idx_webhook_deliveries_event ON webhook_deliveries (organization_id, event_id)")
    op.execute("""
        CREATE TABLE webhook_attempts (
            id uuid PRIMARY KEY DEFAULT api.uuid7(),
            organization_id uuid NOT NULL
                CONSTRAINT webhook_attempts_organization_id_fkey REFERENCES organizations (id),
            delivery_id uuid NOT NULL,
            number integer NOT NULL,
            started_at timestamptz NOT NULL,
            duration_ms integer,
            status_code integer,
            error text,
            response text,
            CONSTRAINT webhook_attempts_delivery_id_number_key UNIQUE (organization_id, delivery_id, number),
            CONSTRAINT webhook_attempts_delivery_fkey FOREIGN KEY (organization_id, delivery_id)
                REFERENCES webhook_deliveries (organization_id, id) ON DELETE CASCADE
        )""")
    for table, title in _tables():
        rls.protect(table)
        rls.scope_to_organization(table, title=title)
        rls.open_to_owner(table)
        rls.permit(table, "SELECT", rls.may("webhooks.view"))
        op.execute(f"GRANT SELECT ON {table} TO authenticated")


def _tables() -> Iterator[tuple[str, str]]:
    yield "webhook_events", "Webhook events"
    yield "webhook_deliveries", "Webhook deliveries"
    yield "webhook_attempts", "Webhook attempts"


def _allow_mails(*kinds: str) -> None:
    words = ", ".join(f"'{kind}'" for kind in kinds)
    op.execute("ALTER TABLE mail_outbox DROP CONSTRAINT mail_outbox_kind_check")
    op.execute(f"ALTER TABLE mail_outbox ADD CONSTRAINT mail_outbox_kind_check CHECK (kind IN ({words}))")


def downgrade() -> None:
    op.execute("DELETE FROM mail_outbox WHERE kind = 'webhook_stopped_notice'")
    _allow_mails(*MAIL_KINDS)
    for name in SAMPLE:
        functions.replace(name, before=revision)
    for name in reversed(DOORS):
        functions.drop(name)
    for table, _ in reversed(list(_tables())):
        op.execute(f"DROP TABLE {table}")
    op.execute(f"REVOKE INSERT (organization_id, secret_key, {ENTERED}) ON webhooks FROM authenticated")
    op.execute(f"REVOKE UPDATE (is_active, {ENTERED}) ON webhooks FROM authenticated")
    op.execute("GRANT INSERT, UPDATE ON webhooks TO authenticated")
    op.execute("DROP POLICY webhooks_owner ON webhooks")
    op.execute(f"CREATE POLICY webhooks_sample ON webhooks FOR ALL TO CURRENT_USER USING ({_OF_SAMPLE})")
    audit.watch(
        "webhooks",
        ignore=["last_triggered_at", "consecutive_failures"],
        secret=["secret_key", "previous_secret_key"],
    )
    op.execute("DROP TRIGGER webhooks_touch ON webhooks")
    op.execute("DROP INDEX idx_webhooks_resume_at")
    op.execute(
        "ALTER TABLE webhooks DROP CONSTRAINT webhooks_events_check, DROP CONSTRAINT webhooks_organization_id_id_key, "
        "DROP CONSTRAINT webhooks_organization_id_name_key, "
        "DROP COLUMN failing_since, DROP COLUMN resume_at, DROP COLUMN updated_at"
    )
