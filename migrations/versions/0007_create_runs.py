"""Runs, their phases, the side table that answers stream through, and the operations after a phase."""

from alembic import op

from migrations import functions, rls

revision = "0007"
down_revision = "0006"

TABLES = ("orchestration_runs", "phase_executions", "phase_streams", "integration_operations")

#: A person launches; what comes of it is the engine's to write. A fork begins with what it takes over of its parent.
NOTHING_RUN = (
    "completed_phases BETWEEN 0 AND (SELECT count(*) FROM phase_executions p "
    "WHERE p.run_id = parent_run_id AND p.status = 'completed') "
    "AND success_rate = 0 AND total_tokens = 0 AND cost_usd = 0 AND results = '{}' AND error_details = '{}' "
    "AND num_nonnulls(execution_time_ms, started_at, completed_at, cancel_requested_at, worker_token) = 0"
)
NOTHING_WRITTEN = (
    "token_usage = '{}' AND error_details = '{}' AND num_nonnulls(response_text, execution_time_ms, started_at, "
    "completed_at, cost_usd, finish_reason) = 0"
)


def upgrade() -> None:
    _create_runs()
    _create_phases()
    _create_operations()
    functions.create("api_audit_run", before="0035")
    functions.create("api_guard_run")
    functions.create("api_guard_phase")
    functions.create("api_reuse_phase")
    op.execute(
        "CREATE TRIGGER orchestration_runs_audit AFTER INSERT OR UPDATE ON orchestration_runs "
        "FOR EACH ROW EXECUTE FUNCTION api.audit_run()"
    )
    op.execute(
        "CREATE TRIGGER orchestration_runs_guard BEFORE UPDATE ON orchestration_runs "
        "FOR EACH ROW EXECUTE FUNCTION api.guard_run()"
    )
    op.execute(
        "CREATE TRIGGER phase_executions_guard BEFORE UPDATE ON phase_executions "
        "FOR EACH ROW EXECUTE FUNCTION api.guard_phase()"
    )
    op.execute(
        "CREATE TRIGGER phase_executions_reuse BEFORE INSERT ON phase_executions "
        "FOR EACH ROW WHEN (NEW.reused_from IS NOT NULL) EXECUTE FUNCTION api.reuse_phase()"
    )
    _protect_runs()
    for table, title in (("phase_executions", "Phases"), ("phase_streams", "Streams")):
        rls.protect(table)
        rls.scope_to_organization(table, title=title)
        rls.scope_to_engine(table)
        rls.permit(table, "SELECT", rls.may("orchestrations.view"))
    launched = (
        f"EXISTS (SELECT 1 FROM orchestration_runs r WHERE r.id = run_id AND r.user_id = {rls.CLAIMED_PERSON} "
        f"AND r.status = 'queued') AND {rls.may('orchestrations.run')}"
    )
    # What a phase that is taken over holds, api.reuse_phase has written by now.
    fresh = f"status = 'pending' AND attempt = 1 AND reused_from IS NULL AND {NOTHING_WRITTEN}"
    rls.permit("phase_executions", "INSERT", f"({fresh} OR reused_from IS NOT NULL) AND {launched}")
    cancellable = (
        f"EXISTS (SELECT 1 FROM orchestration_runs r WHERE r.id = run_id "
        f"AND {rls.may('orchestrations.cancel', created_by='r.user_id', person=rls.CLAIMED_PERSON)})"
    )
    rls.permit("phase_executions", "UPDATE", cancellable)
    op.execute("GRANT SELECT, INSERT, UPDATE (status) ON phase_executions TO authenticated")
    op.execute("GRANT SELECT, INSERT, UPDATE ON phase_executions TO engine")
    rls.open_to_owner("phase_streams")
    op.execute("GRANT SELECT ON phase_streams TO authenticated")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON phase_streams TO engine")
    rls.protect("integration_operations")
    rls.scope_to_organization("integration_operations", title="Operations")
    rls.scope_to_engine("integration_operations")
    rls.permit("integration_operations", "SELECT", rls.may("orchestrations.view"))
    op.execute("GRANT SELECT ON integration_operations TO authenticated")
    op.execute("GRANT SELECT, INSERT, UPDATE ON integration_operations TO engine")


def _create_runs() -> None:
    op.execute("""
        CREATE TABLE orchestration_runs (
            id uuid PRIMARY KEY DEFAULT api.uuid7(),
            project_id uuid NOT NULL CONSTRAINT orchestration_runs_project_id_fkey REFERENCES projects (id),
            user_id uuid NOT NULL CONSTRAINT orchestration_runs_user_id_fkey REFERENCES users (id),
            topic text NOT NULL CONSTRAINT orchestration_runs_topic_check CHECK (btrim(topic) <> ''),
            status varchar(50) NOT NULL DEFAULT 'running' CONSTRAINT orchestration_runs_status_check CHECK (status IN
                ('queued', 'running', 'waiting_review', 'paused', 'completed', 'failed', 'cancelled')),
            total_phases integer NOT NULL DEFAULT 0,
            completed_phases integer NOT NULL DEFAULT 0,
            success_rate numeric(5,2) NOT NULL DEFAULT 0.00,
            execution_time_ms integer,
            integration_enabled boolean NOT NULL DEFAULT false,
            results jsonb NOT NULL DEFAULT '{}',
            error_details jsonb NOT NULL DEFAULT '{}',
            created_at timestamptz NOT NULL DEFAULT now(),
            completed_at timestamptz,
            organization_id uuid NOT NULL
                CONSTRAINT orchestration_runs_organization_id_fkey REFERENCES organizations (id),
            title varchar(255),
            template_id uuid
                CONSTRAINT orchestration_runs_template_id_fkey REFERENCES orchestration_templates (id),
            template_version integer,
            inputs jsonb NOT NULL DEFAULT '{}',
            plan jsonb NOT NULL DEFAULT '{}',
            model varchar(255),
            parent_run_id uuid,
            forked_from_phase varchar(50),
            schedule_id uuid,
            started_at timestamptz,
            cancel_requested_at timestamptz,
            total_tokens integer NOT NULL DEFAULT 0,
            cost_usd numeric(12,6) DEFAULT 0,
            cost_limit_usd numeric(12,6),
            worker_token uuid,
            CONSTRAINT orchestration_runs_organization_id_id_key UNIQUE (organization_id, id),
            CONSTRAINT orchestration_runs_project_fkey FOREIGN KEY (organization_id, project_id)
                REFERENCES projects (organization_id, id),
            CONSTRAINT orchestration_runs_person_fkey FOREIGN KEY (organization_id, user_id)
                REFERENCES users (organization_id, id),
            CONSTRAINT orchestration_runs_parent_fkey FOREIGN KEY (organization_id, parent_run_id)
                REFERENCES orchestration_runs (organization_id, id)
        ) WITH (fillfactor = 80)""")
    op.execute("CREATE INDEX idx_orchestration_runs_project_id ON orchestration_runs (project_id)")
    op.execute("CREATE INDEX idx_orchestration_runs_status ON orchestration_runs (status)")
    op.execute(
        "CREATE INDEX idx_orchestration_runs_organization_created "
        "ON orchestration_runs (organization_id, created_at, id)"
    )
    op.execute(
        "CREATE INDEX idx_orchestration_runs_organization_status_created "
        "ON orchestration_runs (organization_id, status, created_at, id)"
    )
    op.execute(
        "CREATE INDEX idx_orchestration_runs_project_created "
        "ON orchestration_runs (organization_id, project_id, created_at, id)"
    )
    op.execute("CREATE INDEX idx_orchestration_runs_user_id ON orchestration_runs (user_id)")
    op.execute("CREATE INDEX idx_orchestration_runs_template_id ON orchestration_runs (template_id)")
    op.execute("CREATE INDEX idx_orchestration_runs_parent ON orchestration_runs (organization_id, parent_run_id)")


def _create_phases() -> None:
    op.execute("""
        CREATE TABLE phase_executions (
            id uuid PRIMARY KEY DEFAULT api.uuid7(),
            run_id uuid NOT NULL CONSTRAINT phase_executions_run_id_fkey REFERENCES orchestration_runs (id),
            phase_code varchar(50) NOT NULL,
            phase_name varchar(255) NOT NULL,
            status varchar(50) NOT NULL DEFAULT 'pending' CONSTRAINT phase_executions_status_check CHECK (status IN
                ('pending', 'running', 'waiting_review', 'completed', 'failed', 'skipped', 'cancelled', 'rejected')),
            prompt_text text,
            response_text text,
            execution_time_ms integer,
            token_usage jsonb NOT NULL DEFAULT '{}',
            error_details jsonb NOT NULL DEFAULT '{}',
            started_at timestamptz,
            completed_at timestamptz,
            organization_id uuid NOT NULL,
            position integer NOT NULL DEFAULT 0,
            depends_on text[] NOT NULL DEFAULT '{}',
            attempt integer NOT NULL DEFAULT 1,
            model varchar(255),
            cost_usd numeric(12,6),
            review_policy jsonb,
            reused_from uuid,
            finish_reason varchar(50),
            CONSTRAINT phase_executions_run_id_phase_code_attempt_key UNIQUE (run_id, phase_code, attempt),
            CONSTRAINT phase_executions_organization_id_id_key UNIQUE (organization_id, id),
            CONSTRAINT phase_executions_run_fkey FOREIGN KEY (organization_id, run_id)
                REFERENCES orchestration_runs (organization_id, id),
            CONSTRAINT phase_executions_reused_from_fkey FOREIGN KEY (organization_id, reused_from)
                REFERENCES phase_executions (organization_id, id)
        ) WITH (fillfactor = 70)""")
    op.execute("CREATE INDEX idx_phase_executions_organization_run ON phase_executions (organization_id, run_id)")
    op.execute("CREATE INDEX idx_phase_executions_reused_from ON phase_executions (reused_from)")
    # UNLOGGED: a crash loses the answers that were being written, and those are asked for again anyway. So no
    # foreign key either: the engine's function writes a row only for an attempt that is running.
    op.execute("""
        CREATE UNLOGGED TABLE phase_streams (
            phase_execution_id uuid PRIMARY KEY,
            organization_id uuid NOT NULL,
            response_text text NOT NULL,
            updated_at timestamptz NOT NULL DEFAULT now()
        ) WITH (fillfactor = 50)""")


def _create_operations() -> None:
    op.execute("""
        CREATE TABLE integration_operations (
            id uuid PRIMARY KEY DEFAULT api.uuid7(),
            run_id uuid NOT NULL CONSTRAINT integration_operations_run_id_fkey REFERENCES orchestration_runs (id),
            operation_type varchar(100) NOT NULL,
            operation_params jsonb NOT NULL DEFAULT '{}',
            status varchar(50) NOT NULL DEFAULT 'pending' CONSTRAINT integration_operations_status_check CHECK
                (status IN ('pending', 'waiting_approval', 'running', 'completed', 'failed', 'rejected', 'cancelled')),
            result jsonb NOT NULL DEFAULT '{}',
            execution_time_ms integer,
            created_at timestamptz NOT NULL DEFAULT now(),
            completed_at timestamptz,
            organization_id uuid NOT NULL,
            phase_execution_id uuid,
            requires_approval boolean NOT NULL DEFAULT true,
            approved_by uuid,
            approved_at timestamptz,
            attempts integer NOT NULL DEFAULT 0,
            error_details jsonb NOT NULL DEFAULT '{}',
            idempotency_key uuid NOT NULL DEFAULT api.uuid7()
                CONSTRAINT integration_operations_idempotency_key_key UNIQUE,
            CONSTRAINT integration_operations_run_fkey FOREIGN KEY (organization_id, run_id)
                REFERENCES orchestration_runs (organization_id, id),
            CONSTRAINT integration_operations_phase_fkey FOREIGN KEY (organization_id, phase_execution_id)
                REFERENCES phase_executions (organization_id, id),
            CONSTRAINT integration_operations_approver_fkey FOREIGN KEY (organization_id, approved_by)
                REFERENCES users (organization_id, id)
        )""")
    op.execute("CREATE INDEX idx_integration_operations_run_id ON integration_operations (run_id)")
    op.execute("CREATE INDEX idx_integration_operations_run ON integration_operations (organization_id, run_id)")
    op.execute(
        "CREATE INDEX idx_integration_operations_phase ON integration_operations (organization_id, phase_execution_id)"
    )
    op.execute(
        "CREATE INDEX idx_integration_operations_approver ON integration_operations (organization_id, approved_by)"
    )


def _protect_runs() -> None:
    table = "orchestration_runs"
    rls.protect(table)
    rls.open_to_owner(table)
    rls.scope_to_organization(table, title="Runs")
    rls.scope_to_engine(table)
    rls.permit(table, "SELECT", rls.may("orchestrations.view"))
    # Neither a run that is running already nor one in somebody else's name can be made, nor one from a template that
    # its person can't see: the foreign key alone would take another organization's.
    rls.permit(
        table,
        "INSERT",
        f"status = 'queued' AND {NOTHING_RUN} AND user_id = {rls.CLAIMED_PERSON} AND {rls.may('orchestrations.run')} "
        f"AND {rls.sees(table, 'project_id', of='projects')} "
        "AND (template_id IS NULL OR api.find_template(template_id) IS NOT NULL)",
    )
    rls.permit(table, "UPDATE", rls.may("orchestrations.cancel", created_by="user_id", person=rls.CLAIMED_PERSON))
    op.execute(f"GRANT SELECT, INSERT, UPDATE (status, cancel_requested_at) ON {table} TO authenticated")
    op.execute(f"GRANT SELECT, UPDATE ON {table} TO engine")


def downgrade() -> None:
    op.execute(f"DROP TABLE {', '.join(reversed(TABLES))}")
    for name in ("api_reuse_phase", "api_guard_phase", "api_guard_run", "api_audit_run"):
        functions.drop(name)
