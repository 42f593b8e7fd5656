-- api.end_run(uuid, text, jsonb)
-- Close a run as completed, failed, cancelled or paused. At its end what never began is skipped (failed) or cancelled;
-- api.guard_run works out the results. Called by the engine, which has closed every attempt by then, and without an
-- error, for a run that no worker holds, by the person who cancels it: under the caller's own policies. While the
-- organization is suspended a run is paused for that and for no other reason.
CREATE FUNCTION api.end_run(p_run uuid, p_status text, p_error jsonb) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF p_status = 'paused' THEN
        UPDATE orchestration_runs r
           SET status = 'paused', worker_token = NULL,
               error_details = coalesce(
                   (SELECT jsonb_build_object('kind', 'organization_suspended', 'message',
                        'The organization was suspended. The run goes on by itself now that it is not any more.')
                      FROM organizations o WHERE o.id = r.organization_id AND o.suspended_at IS NOT NULL), p_error)
         WHERE id = p_run;
        RETURN;
    END IF;
    IF EXISTS (SELECT 1 FROM phase_executions WHERE run_id = p_run AND status = 'running') THEN
        RAISE EXCEPTION 'run % has an attempt that is running still', p_run;
    END IF;
    UPDATE phase_executions SET status = CASE WHEN p_status = 'failed' THEN 'skipped' ELSE 'cancelled' END
     WHERE run_id = p_run AND status IN ('pending', 'waiting_review');
    IF p_error IS NULL THEN
        UPDATE orchestration_runs SET status = p_status WHERE id = p_run;
    ELSE
        UPDATE orchestration_runs SET status = p_status, error_details = p_error WHERE id = p_run;
    END IF;
END
$$;
