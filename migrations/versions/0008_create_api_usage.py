"""What every call to a model used, for billing."""

from alembic import op

from migrations import rls

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.execute("""
        CREATE TABLE api_usage (
            id uuid PRIMARY KEY DEFAULT api.uuid7(),
            organization_id uuid NOT NULL CONSTRAINT api_usage_organization_id_fkey REFERENCES organizations (id),
            user_id uuid CONSTRAINT api_usage_user_id_fkey REFERENCES users (id),
            endpoint varchar(255) NOT NULL,
            method varchar(10) NOT NULL,
            tokens_used integer NOT NULL DEFAULT 0,
            response_time_ms integer,
            status_code integer,
            created_at timestamptz NOT NULL DEFAULT now(),
            project_id uuid,
            run_id uuid,
            phase_execution_id uuid,
            provider varchar(100),
            model varchar(255),
            prompt_tokens integer,
            completion_tokens integer,
            cost_usd numeric(12,6),
            error_kind varchar(50),
            -- One row an attempt: a finish that comes twice is refused here, whatever the code does.
            CONSTRAINT api_usage_organization_id_phase_execution_id_key UNIQUE (organization_id, phase_execution_id),
            CONSTRAINT api_usage_person_fkey FOREIGN KEY (organization_id, user_id)
                REFERENCES users (organization_id, id),
            CONSTRAINT api_usage_project_fkey FOREIGN KEY (organization_id, project_id)
                REFERENCES projects (organization_id, id),
            CONSTRAINT api_usage_run_fkey FOREIGN KEY (organization_id, run_id)
                REFERENCES orchestration_runs (organization_id, id),
            CONSTRAINT api_usage_phase_fkey FOREIGN KEY (organization_id, phase_execution_id)
                REFERENCES phase_executions (organization_id, id)
        )""")
    op.execute("CREATE INDEX idx_api_usage_organization_id ON api_usage (organization_id)")
    op.execute("CREATE INDEX idx_api_usage_created_at ON api_usage (created_at)")
    op.execute("CREATE INDEX idx_api_usage_organization_created ON api_usage (organization_id, created_at, id)")
    op.execute("CREATE INDEX idx_api_usage_user_id ON api_usage (user_id)")
    op.execute("CREATE INDEX idx_api_usage_project ON api_usage (organization_id, project_id)")
    op.execute("CREATE INDEX idx_api_usage_run ON api_usage (organization_id, run_id)")
    rls.protect("api_usage")
    rls.scope_to_organization("api_usage", title="API usage")
    rls.scope_to_engine("api_usage")
    rls.permit("api_usage", "SELECT", f"user_id = {rls.CLAIMED_PERSON} OR {rls.may('analytics.view')}")
    op.execute("GRANT SELECT ON api_usage TO authenticated")
    op.execute("GRANT SELECT, INSERT ON api_usage TO engine")


def downgrade() -> None:
    op.execute("DROP TABLE api_usage")
