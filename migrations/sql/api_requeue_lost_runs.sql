-- api.requeue_lost_runs()
-- Runs that are to be walked but have no workflow any more (lost, purged, of an engine that is gone) get another one.
-- Returns how many. The engine asks it now and then; a run younger than a minute is left to its launch.
CREATE FUNCTION api.requeue_lost_runs() RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_run record;
    v_count integer := 0;
BEGIN
    FOR v_run IN
        SELECT r.organization_id, r.id FROM orchestration_runs r
         WHERE r.status IN ('queued', 'running') AND r.created_at < now() - interval '1 minute'
           AND NOT EXISTS (
               SELECT 1 FROM dbos.workflow_status w
                WHERE w.queue_name = 'runs' AND w.status IN ('ENQUEUED', 'PENDING', 'DELAYED')
                  AND split_part(w.workflow_uuid, ':', 1) = r.id::text)
         LIMIT 100
    LOOP
        PERFORM api.queue_run(v_run.organization_id, v_run.id);
        v_count := v_count + 1;
    END LOOP;
    RETURN v_count;
END
$$;
