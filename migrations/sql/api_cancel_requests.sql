-- api.cancel_requests(uuid[])
-- Which of these runs somebody wants cancelled: what a worker asks once a second about the runs it holds.
CREATE FUNCTION api.cancel_requests(p_runs uuid[]) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$ SELECT id FROM orchestration_runs WHERE id = ANY (p_runs) AND cancel_requested_at IS NOT NULL $$;
