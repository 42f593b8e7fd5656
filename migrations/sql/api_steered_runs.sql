-- api.steered_runs(uuid[], uuid[])
-- Which of these runs, and of those of these attempts and operations that wait for people, somebody has steered otherwise
-- meanwhile: wants paused, or has decided. What a worker asks about the runs it holds, as api.cancel_requests.
CREATE FUNCTION api.steered_runs(p_runs uuid[], p_waiting uuid[]) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT id FROM orchestration_runs WHERE id = ANY (p_runs) AND pause_requested_at IS NOT NULL
    UNION
    SELECT run_id FROM phase_executions WHERE id = ANY (p_waiting) AND status <> 'waiting_review'
    UNION
    SELECT run_id FROM integration_operations WHERE id = ANY (p_waiting) AND status <> 'waiting_approval'
$$;
