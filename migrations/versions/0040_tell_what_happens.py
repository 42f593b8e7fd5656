"""What happens is told to endpoints: triggers write the event in the transaction of what it tells.

So no code path forgets one; where no endpoint listens they look once and write nothing. Each table is locked in a
transaction of its own: steps of runs lock several of them, in another order than this.
"""

from alembic import op

revision = "0040"
down_revision = "0039"

_SHARE = "{}.api_quota_used::bigint * 100 {} NEW.api_quota_limit::bigint * {}"
_REACHES = f"({_SHARE.format('OLD', '<', '{0}')} AND {_SHARE.format('NEW', '>=', '{0}')})"
#: Trigger -> its table, and when it calls which function.
TRIGGERS = {
    "orchestration_runs_tell_launch": (
        "orchestration_runs",
        "AFTER INSERT ON {} FOR EACH ROW WHEN (NEW.status = 'queued') EXECUTE FUNCTION api.tell_run()",
    ),
    "orchestration_runs_tell": (
        "orchestration_runs",
        "AFTER UPDATE OF status ON {} FOR EACH ROW WHEN (NEW.status <> OLD.status) EXECUTE FUNCTION api.tell_run()",
    ),
    "phase_executions_tell": (
        "phase_executions",
        "AFTER UPDATE OF status ON {} FOR EACH ROW WHEN (NEW.status <> OLD.status AND NEW.status = 'completed') "
        "EXECUTE FUNCTION api.tell_phase()",
    ),
    "review_requests_tell_asked": (
        "review_requests",
        "AFTER INSERT ON {} FOR EACH ROW WHEN (NEW.outcome IS NULL) EXECUTE FUNCTION api.tell_review()",
    ),
    "review_requests_tell": (
        "review_requests",
        "AFTER UPDATE OF outcome ON {} FOR EACH ROW WHEN (NEW.outcome IS NOT NULL AND OLD.outcome IS NULL "
        "AND NEW.outcome <> 'withdrawn') EXECUTE FUNCTION api.tell_review()",
    ),
    "organizations_tell": (
        "organizations",
        "AFTER UPDATE OF api_quota_used ON {} FOR EACH ROW "
        f"WHEN (NEW.api_quota_limit > 0 AND ({_REACHES.format(80)} OR {_REACHES.format(100)})) "
        "EXECUTE FUNCTION api.tell_quota()",
    ),
    "projects_tell": ("projects", "AFTER INSERT OR UPDATE ON {} FOR EACH ROW EXECUTE FUNCTION api.tell_project()"),
    "orchestration_templates_tell": (
        "orchestration_templates",
        "AFTER INSERT OR UPDATE OF status, version, is_public ON {} FOR EACH ROW "
        "WHEN (NEW.status = 'published' AND NEW.organization_id IS NOT NULL) EXECUTE FUNCTION api.tell_template()",
    ),
    "invitations_tell": ("invitations", "AFTER INSERT ON {} FOR EACH ROW EXECUTE FUNCTION api.tell_invitation()"),
    "users_tell": (
        "users",
        "AFTER UPDATE OF role, deactivated_at ON {} FOR EACH ROW EXECUTE FUNCTION api.tell_user()",
    ),
    "webhooks_switch": (
        "webhooks",
        "BEFORE UPDATE OF is_active ON {} FOR EACH ROW WHEN (NEW.is_active <> OLD.is_active) "
        "EXECUTE FUNCTION api.switch_webhook()",
    ),
    "webhooks_tell": (
        "webhooks",
        "AFTER UPDATE OF disabled_at ON {} FOR EACH ROW "
        "WHEN (NEW.disabled_at IS NOT NULL AND OLD.disabled_at IS NULL) EXECUTE FUNCTION api.tell_webhook()",
    ),
}


def upgrade() -> None:
    with op.get_context().autocommit_block():
        for trigger, (table, calls) in TRIGGERS.items():
            op.execute(f"CREATE OR REPLACE TRIGGER {trigger} {calls.format(table)}")


def downgrade() -> None:
    with op.get_context().autocommit_block():
        for trigger, (table, _) in TRIGGERS.items():
            op.execute(f"DROP TRIGGER IF EXISTS {trigger} ON {table}")
