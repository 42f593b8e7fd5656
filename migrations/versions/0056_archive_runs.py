"""Runs of a project that is done with, in a compressed file: who asked for it, what it holds, and how it comes back.

Triggers that tell of a new run, count it or copy its phases are silent while an archive's rows come back, and only
then.
"""

from collections.abc import Iterator

from alembic import op

from migrations import audit, functions, rls
from migrations.refusing import refuse_where

revision = "0056"
down_revision = "0055"

TABLE = "archives"
#: file -> who may execute it, in the order in which they need each other.
DOORS = {
    "api_is_project_held": "authenticated",
    "api_guard_archives": "",
    "api_is_restoring": "authenticated, engine",
    "api_archive_key": "",
    "api_hold_archive": "",
    "api_is_archive_waiting": "orchestrator_worker",
    "api_claim_archive": "orchestrator_worker",
    "api_archived_tables": "",
    "api_row_digest": "",
    "api_sum_runs": "",
    "api_sum_archive": "orchestrator_worker",
    "api_archived_lines": "",
    "api_read_archive": "orchestrator_worker",
    "api_archived_rows": "",
    "api_sum_lines": "",
    "api_check_archive": "orchestrator_worker",
    "api_keep_archive": "orchestrator_worker",
    "api_restore_rows": "orchestrator_worker",
    "api_settle_archive": "orchestrator_worker",
    "api_begin_removal": "orchestrator_worker",
    "api_find_archive_of": "authenticated",
    "api_order_archive": "orchestrator_worker",
    "api_list_archives": "orchestrator_worker",
    "api_gone_archives": "orchestrator_worker",
}
#: Those that do something else now, and since when.
CHANGED_SINCE = {
    "api_find_archive_of": "0062",
    "api_hold_archive": "0060",
    "api_is_restoring": "0060",
    "api_keep_archive": "0060",
    "api_restore_rows": "0060",
    "api_settle_archive": "0060",
}
#: What workers write, and is no event by itself.
KEPT_BY_WORKERS = ("tables", "run_ids", "run_count", "next_at", "restoring_in", "loaded_at")
#: Only where somebody claims to restore is it looked up: CASE works out nothing that it does not need.
QUIET = "CASE WHEN coalesce(current_setting('app.restoring', true), '') = '' THEN true ELSE NOT api.is_restoring() END"
#: Trigger -> its table, when it fires, under which condition so far, and what it calls.
TRIGGERS = {
    "orchestration_runs_audit": ("orchestration_runs", "AFTER INSERT OR UPDATE", "", "api.audit_run()"),
    "orchestration_runs_count_launch": (
        "orchestration_runs",
        "AFTER INSERT",
        "NEW.template_id IS NOT NULL",
        "api.count_template_run()",
    ),
    "orchestration_runs_project_count_launch": ("orchestration_runs", "AFTER INSERT", "", "api.count_project_run()"),
    "phase_executions_reuse": (
        "phase_executions",
        "BEFORE INSERT",
        "NEW.reused_from IS NOT NULL",
        "api.reuse_phase()",
    ),
    "review_requests_tell_asked": ("review_requests", "AFTER INSERT", "NEW.outcome IS NULL", "api.tell_review()"),
}
#: Those of the generic trigger, with its arguments.
WATCHED = {
    "review_requests": "'review_requests', 'instructions,notified_at,reminded_at,escalated_at', ''",
    "run_reviews": "'run_reviews', 'edited_response,comment,said_at,earlier', ''",
    "run_comments": "'run_comments', '', 'comment_text'",
}


def upgrade() -> None:
    op.execute(
        "LOCK TABLE orchestration_runs, phase_executions, review_requests, run_reviews, run_comments "
        "IN SHARE ROW EXCLUSIVE MODE"
    )
    _create()
    for name, execute in DOORS.items():
        functions.create(name, execute=execute, before=CHANGED_SINCE.get(name))
    op.execute(
        f"CREATE TRIGGER {TABLE}_guard BEFORE INSERT OR UPDATE ON {TABLE} "
        "FOR EACH ROW EXECUTE FUNCTION api.guard_archives()"
    )
    audit.watch(TABLE, ignore=KEPT_BY_WORKERS)
    _protect()
    for statement in _triggers(QUIET):
        op.execute(statement)


def _create() -> None:
    op.execute(f"""
        CREATE TABLE {TABLE} (
            id uuid PRIMARY KEY DEFAULT api.uuid7(),
            organization_id uuid NOT NULL
                CONSTRAINT {TABLE}_organization_id_fkey REFERENCES organizations (id) ON DELETE CASCADE,
            project_id uuid NOT NULL,
            project_name varchar(255) NOT NULL,
            status varchar(50) NOT NULL DEFAULT 'asked' CONSTRAINT {TABLE}_status_check CHECK (status IN
                ('asked', 'making', 'made', 'restoring', 'restored', 'removing', 'removed', 'failed')),
            failure text,
            asked_by uuid,
            asked_at timestamptz NOT NULL DEFAULT now(),
            next_at timestamptz NOT NULL DEFAULT now(),
            made_at timestamptz,
            format_version integer,
            store varchar(50) CONSTRAINT {TABLE}_store_check CHECK (store IN ('local', 's3')),
            file varchar(255),
            bytes bigint,
            sha256 varchar(64),
            tables jsonb NOT NULL DEFAULT '{{}}',
            file_count integer NOT NULL DEFAULT 0,
            cost_usd numeric(18,6),
            unknown_costs integer NOT NULL DEFAULT 0,
            run_ids uuid[] NOT NULL DEFAULT '{{}}',
            run_count integer GENERATED ALWAYS AS (cardinality(run_ids)) STORED,
            restore_asked_by uuid,
            restore_asked_at timestamptz,
            restoring_in bigint,
            loaded_at timestamptz,
            restored_at timestamptz,
            removed_by uuid,
            removed_at timestamptz,
            CONSTRAINT {TABLE}_project_fkey FOREIGN KEY (organization_id, project_id)
                REFERENCES projects (organization_id, id) ON DELETE CASCADE,
            CONSTRAINT {TABLE}_asker_fkey FOREIGN KEY (organization_id, asked_by)
                REFERENCES users (organization_id, id) ON DELETE CASCADE,
            CONSTRAINT {TABLE}_restorer_fkey FOREIGN KEY (organization_id, restore_asked_by)
                REFERENCES users (organization_id, id) ON DELETE CASCADE,
            CONSTRAINT {TABLE}_remover_fkey FOREIGN KEY (organization_id, removed_by)
                REFERENCES users (organization_id, id) ON DELETE CASCADE
        )""")
    under_way = "status IN ('asked', 'making', 'restoring', 'removing')"
    op.execute(f"CREATE UNIQUE INDEX idx_{TABLE}_under_way ON {TABLE} (project_id) WHERE {under_way}")
    op.execute(f"CREATE INDEX idx_{TABLE}_next_at ON {TABLE} (next_at) WHERE {under_way}")
    op.execute(f"CREATE INDEX idx_{TABLE}_project ON {TABLE} (organization_id, project_id, asked_at, id)")
    op.execute(f"CREATE INDEX idx_{TABLE}_run_ids ON {TABLE} USING gin (run_ids)")
    for column in ("asked_by", "restore_asked_by", "removed_by"):
        op.execute(f"CREATE INDEX idx_{TABLE}_{column} ON {TABLE} (organization_id, {column})")


def _protect() -> None:
    rls.protect(TABLE)
    rls.scope_to_organization(TABLE, title="Archives")
    rls.open_to_owner(TABLE)
    archives = rls.may("projects.archive")
    rls.permit(TABLE, "SELECT", f"{rls.may('projects.view')} AND (SELECT api.sees_all())")
    rls.permit(TABLE, "INSERT", f"{archives} AND {rls.sees(TABLE, 'project_id', of='projects')}")
    rls.permit(TABLE, "UPDATE", archives)
    op.execute(
        f"GRANT SELECT, INSERT (organization_id, project_id, project_name), UPDATE (status) ON {TABLE} TO authenticated"
    )


def _triggers(quiet: str) -> Iterator[str]:
    for name, (table, when, condition, call) in TRIGGERS.items():
        yield _trigger(name, table, when, " AND ".join(filter(None, (condition, quiet))), call)
    for table, arguments in WATCHED.items():
        yield _trigger(f"{table}_audit", table, "AFTER INSERT OR UPDATE OR DELETE", quiet, f"api.audit({arguments})")


def _trigger(name: str, table: str, when: str, condition: str, call: str) -> str:
    only = f"WHEN ({condition}) " if condition else ""
    return f"CREATE OR REPLACE TRIGGER {name} {when} ON {table} FOR EACH ROW {only}EXECUTE FUNCTION {call}"


def downgrade() -> None:
    refuse_where(
        f"SELECT FROM {TABLE} WHERE status IN ('made', 'restoring', 'removing')",
        because="Runs are in archives, which the version before can't restore. Restore or delete the archives first",
    )
    for statement in _triggers(""):
        op.execute(statement)
    op.execute(f"DROP TRIGGER {TABLE}_guard ON {TABLE}")
    for name in reversed(DOORS):
        functions.drop(name)
    op.execute(f"DROP TABLE {TABLE}")
