-- api.take_over_operations(orchestration_runs)
-- Part of api.open_segment: operations that were running when their worker was lost are tried once more, with the same
-- idempotency key, since nobody knows what came of them; each such attempt has its usage row. After the fifth they are
-- taken for what ends workers. Returns all operations of the run as they stand then.
CREATE FUNCTION api.take_over_operations(p_run public.orchestration_runs) RETURNS jsonb
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    c_most CONSTANT integer := 5;
BEGIN
    WITH lost AS (
        UPDATE integration_operations
           SET status = CASE WHEN attempts >= c_most THEN 'failed' ELSE 'pending' END,
               execution_time_ms = api.milliseconds_since(started_at), next_attempt_at = NULL,
               error_details = jsonb_build_object('kind', 'lost', 'message',
                   'The worker stopped in the middle of it: it may have happened, and nobody knows.')
         WHERE run_id = p_run.id AND status = 'running'
        RETURNING *
    )
    INSERT INTO api_usage (organization_id, user_id, project_id, run_id, endpoint, method, cost_usd, response_time_ms,
                           error_kind)
    SELECT p_run.organization_id, p_run.user_id, p_run.project_id, p_run.id, operation_type, 'POST',
           0, execution_time_ms, 'lost'
      FROM lost;
    RETURN (SELECT jsonb_agg(api.operation_state(o) ORDER BY o.phase_execution_id, o.position)
              FROM integration_operations o WHERE o.run_id = p_run.id AND o.phase_execution_id IS NOT NULL);
END
$$;
