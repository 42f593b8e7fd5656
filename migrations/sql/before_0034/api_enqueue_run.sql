-- api.enqueue_run(uuid)
-- Put a run of one's own organization into the queue, in the transaction that made it: roll back, and nothing was
-- queued. The web role has no rights on schema dbos.
CREATE FUNCTION api.enqueue_run(p_run uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_organization uuid;
BEGIN
    SELECT organization_id INTO v_organization FROM orchestration_runs
     WHERE id = p_run AND organization_id = api.organization_id() AND status = 'queued';
    IF NOT FOUND OR NOT api.may_own('orchestrations.run') THEN
        RAISE EXCEPTION 'run % is not there to be queued', p_run USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM api.queue_run(v_organization, p_run);
END
$$;
