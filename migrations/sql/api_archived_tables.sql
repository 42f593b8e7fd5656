-- api.archived_tables()
-- What of a project's runs goes into an archive, in the order in which it can come back: a row after those it names.
CREATE FUNCTION api.archived_tables() RETURNS text[]
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT ARRAY['orchestration_runs', 'phase_executions', 'integration_operations', 'review_requests', 'run_reviews',
                 'run_comments']
$$;
