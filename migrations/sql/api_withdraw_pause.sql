-- api.withdraw_pause(uuid)
-- Takes the wish to pause a run back while a worker still lets its calls end: once they have, it goes on as if nobody had
-- asked. Returns how the run stands; NULL where there is none. One that is not running, or is being cancelled, stays as
-- it is.
CREATE FUNCTION api.withdraw_pause(p_run uuid) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_run orchestration_runs := api.hold_run(p_run);
BEGIN
    IF v_run.id IS NOT NULL AND NOT api.may_own('orchestrations.run') THEN
        RAISE EXCEPTION 'a run is continued by who may launch' USING ERRCODE = 'insufficient_privilege';
    END IF;
    UPDATE orchestration_runs SET pause_requested_at = NULL, pause_requested_by = NULL
     WHERE id = v_run.id AND status = 'running' AND cancel_requested_at IS NULL AND pause_requested_at IS NOT NULL;
    RETURN v_run.status;
END
$$;
