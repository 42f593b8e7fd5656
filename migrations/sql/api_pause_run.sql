-- api.pause_run(uuid)
-- A person's wish that a run goes no further. What no worker holds lies still at once; a worker that holds it is told,
-- lets the calls under way end and begins nothing. Returns how the run stood before; NULL where there is none. One that
-- has ended, lies still already or is being cancelled stays as it is.
CREATE FUNCTION api.pause_run(p_run uuid) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_run orchestration_runs := api.hold_run(p_run);
BEGIN
    IF v_run.status NOT IN ('queued', 'running', 'waiting_review') OR v_run.cancel_requested_at IS NOT NULL THEN
        RETURN CASE WHEN v_run.cancel_requested_at IS NOT NULL THEN 'cancelled' ELSE v_run.status END;
    END IF;
    UPDATE orchestration_runs SET pause_requested_at = clock_timestamp(), pause_requested_by = api.person_id()
     WHERE id = v_run.id AND pause_requested_at IS NULL;
    IF v_run.worker_token IS NOT NULL THEN
        PERFORM pg_notify('orchestrator_steer', '');
    ELSE
        PERFORM api.end_run(v_run.id, 'paused', '{}');
    END IF;
    RETURN v_run.status;
END
$$;
