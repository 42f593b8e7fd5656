-- api.end_run(uuid, text, jsonb)
-- Close a run as completed, failed, cancelled or paused. At its end what never began is skipped (failed) or cancelled,
-- and `results`, `success_rate` and `execution_time_ms` are written in the specification's shape. Called by the engine
-- and, for a run that no worker holds, by the person who cancels it: under the caller's own policies.
CREATE FUNCTION api.end_run(p_run uuid, p_status text, p_error jsonb) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_phases jsonb;
    v_total integer;
    v_completed integer;
BEGIN
    IF p_status = 'paused' THEN
        UPDATE orchestration_runs SET status = 'paused', worker_token = NULL, error_details = p_error WHERE id = p_run;
        RETURN;
    END IF;
    UPDATE phase_executions
       SET status = CASE WHEN p_status = 'failed' THEN 'skipped' ELSE 'cancelled' END, completed_at = clock_timestamp()
     WHERE run_id = p_run AND status IN ('pending', 'running', 'waiting_review');
    SELECT jsonb_object_agg(phase_code, jsonb_build_object(
               'phase', phase_name, 'status', status, 'response', response_text,
               'execution_time_ms', execution_time_ms)),
           count(*), count(*) FILTER (WHERE status = 'completed')
      INTO v_phases, v_total, v_completed
      FROM (SELECT DISTINCT ON (phase_code) * FROM phase_executions
             WHERE run_id = p_run ORDER BY phase_code, attempt DESC) newest;
    UPDATE orchestration_runs
       SET status = p_status, worker_token = NULL, completed_at = clock_timestamp(), error_details = p_error,
           success_rate = round(100.0 * v_completed / greatest(v_total, 1), 2),
           execution_time_ms = api.milliseconds_since(coalesce(started_at, clock_timestamp())),
           results = jsonb_build_object(
               'phases', coalesce(v_phases, '{}'),
               'metadata', jsonb_build_object(
                   'total_phases', v_total, 'successful_phases', v_completed,
                   'success_rate', round(100.0 * v_completed / greatest(v_total, 1), 1) || '%'))
     WHERE id = p_run;
END
$$;
