"""Long files that a person asks for and a worker writes, as that person; theirs alone, and gone after a week."""

from alembic import op

from migrations import functions, rls

revision = "0067"
down_revision = "0066"

TABLE = "export_jobs"
#: file -> who may execute it, in the order in which they need each other.
DOORS = {
    "api_export_key": "",
    "api_is_export_waiting": "orchestrator_worker",
    "api_claim_export": "orchestrator_worker",
    "api_settle_export": "orchestrator_worker",
    "api_gone_exports": "orchestrator_worker",
    "api_remove_export": "authenticated",
}


def upgrade() -> None:
    op.execute(f"""
        CREATE TABLE {TABLE} (
            id uuid PRIMARY KEY DEFAULT api.uuid7(),
            organization_id uuid NOT NULL
                CONSTRAINT {TABLE}_organization_id_fkey REFERENCES organizations (id) ON DELETE CASCADE,
            user_id uuid NOT NULL,
            kind varchar(50) NOT NULL CONSTRAINT {TABLE}_kind_check CHECK (kind IN ('audit', 'calls')),
            query text NOT NULL CONSTRAINT {TABLE}_query_check CHECK (length(query) <= 8000),
            format varchar(50) NOT NULL CONSTRAINT {TABLE}_format_check
                CHECK (format IN ('csv', 'parquet', 'json', 'jsonl')),
            status varchar(50) NOT NULL DEFAULT 'asked' CONSTRAINT {TABLE}_status_check
                CHECK (status IN ('asked', 'making', 'made', 'failed', 'removing')),
            failure text,
            store varchar(50) CONSTRAINT {TABLE}_store_check CHECK (store IN ('local', 's3')),
            file varchar(255),
            bytes bigint,
            rows integer,
            is_cut boolean,
            saw_own_only boolean,
            asked_at timestamptz NOT NULL DEFAULT now(),
            next_at timestamptz NOT NULL DEFAULT now(),
            made_at timestamptz,
            expires_at timestamptz,
            CONSTRAINT {TABLE}_person_fkey FOREIGN KEY (organization_id, user_id)
                REFERENCES users (organization_id, id) ON DELETE CASCADE
        )""")
    op.execute(f"CREATE INDEX idx_{TABLE}_person ON {TABLE} (organization_id, user_id)")
    op.execute(f"CREATE INDEX idx_{TABLE}_user_id ON {TABLE} (user_id, asked_at, id)")
    op.execute(f"CREATE INDEX idx_{TABLE}_next_at ON {TABLE} (next_at)")
    _protect()
    for name, execute in DOORS.items():
        functions.create(name, execute=execute)


def _protect() -> None:
    rls.protect(TABLE)
    rls.scope_to_organization(TABLE, title="Exports")
    rls.open_to_owner(TABLE)
    for verb in ("SELECT", "INSERT"):
        rls.permit(TABLE, verb, f"user_id = {rls.PERSON}")
    op.execute(f"GRANT SELECT, INSERT (organization_id, user_id, kind, query, format) ON {TABLE} TO authenticated")


def downgrade() -> None:
    for name in reversed(DOORS):
        functions.drop(name)
    op.execute(f"DROP TABLE {TABLE}")
