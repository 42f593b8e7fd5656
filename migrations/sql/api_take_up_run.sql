-- api.take_up_run(uuid)
-- Put a run that was set aside back into the queue; nothing where it is not any more. Asked by the worker that has set it
-- aside, in the moment in which it is due; where that worker is gone, api.requeue_lost_runs does it.
CREATE FUNCTION api.take_up_run(p_run uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_organization uuid;
BEGIN
    UPDATE orchestration_runs SET resume_at = NULL WHERE id = p_run AND resume_at IS NOT NULL
    RETURNING organization_id INTO v_organization;
    IF FOUND THEN
        PERFORM api.queue_run(v_organization, p_run);
    END IF;
END
$$;
