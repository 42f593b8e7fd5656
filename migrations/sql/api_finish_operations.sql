-- api.finish_operations(orchestration_runs, jsonb)
-- Part of api.advance_run: each attempt at an operation that ended, with its one usage row, which
-- is not its phase's: that one is the call to the model. `status` is pending where
-- another attempt follows, after `wait_ms`.
CREATE FUNCTION api.finish_operations(p_run public.orchestration_runs, p_finish jsonb) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_closed integer;
BEGIN
    WITH ended AS (
        SELECT * FROM jsonb_to_recordset(p_finish) AS x(
            id uuid, status text, result jsonb, error jsonb, wait_ms int, status_code int, method text)
    ), closed AS (
        UPDATE integration_operations o
           SET status = e.status, result = coalesce(e.result, '{}'), error_details = coalesce(e.error, '{}'),
               execution_time_ms = api.milliseconds_since(o.started_at),
               next_attempt_at = clock_timestamp() + make_interval(secs => e.wait_ms / 1000.0)
          FROM ended e
         WHERE o.id = e.id AND o.run_id = p_run.id AND o.status = 'running'
        RETURNING o.id, o.operation_type, o.execution_time_ms
    ), used AS (
        INSERT INTO api_usage (organization_id, user_id, project_id, run_id, endpoint, method, cost_usd,
                               response_time_ms, status_code, error_kind)
        SELECT p_run.organization_id, p_run.user_id, p_run.project_id, p_run.id, closed.operation_type, e.method, 0,
               closed.execution_time_ms, e.status_code, e.error ->> 'kind'
          FROM ended e JOIN closed USING (id)
    )
    SELECT count(*) INTO v_closed FROM closed;
    IF v_closed <> jsonb_array_length(p_finish) THEN
        RAISE EXCEPTION 'an operation of run % that is to be closed is not running', p_run.id;
    END IF;
END
$$;
