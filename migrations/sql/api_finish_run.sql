-- api.finish_run(uuid)
-- Ends a paused run where it is: completed with the phases that are, the rest skipped. Returns how the run stood before;
-- NULL where there is none. One that is not paused stays as it is.
CREATE FUNCTION api.finish_run(p_run uuid) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_run orchestration_runs := api.hold_run(p_run);
BEGIN
    IF v_run.status = 'paused' THEN
        PERFORM api.end_run(v_run.id, 'completed', jsonb_build_object('kind', 'ended_here', 'message', format(
            'Somebody ended the run here, with %s of %s phases.', v_run.completed_phases, v_run.total_phases)));
    END IF;
    RETURN v_run.status;
END
$$;
