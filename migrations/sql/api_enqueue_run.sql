-- api.enqueue_run(uuid)
-- Put a run of one's own organization into the line, in the transaction that made it: roll back, and nothing was queued.
-- Where the organization has room, whoever is first in the line gets into the queue. The web role has no rights on
-- schema dbos.
CREATE FUNCTION api.enqueue_run(p_run uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_organization uuid;
    v_admitted_at timestamptz;
BEGIN
    SELECT organization_id, admitted_at INTO v_organization, v_admitted_at FROM orchestration_runs
     WHERE id = p_run AND organization_id = api.organization_id() AND status = 'queued';
    IF NOT FOUND OR NOT api.may_own('orchestrations.run') THEN
        RAISE EXCEPTION 'run % is not there to be queued', p_run USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF v_admitted_at IS NULL THEN
        PERFORM api.admit_runs(v_organization);
    ELSE
        PERFORM api.queue_run(v_organization, p_run);
    END IF;
END
$$;
