-- api.purge_workflows(integer, integer)
-- Remove what the queue has kept of segments that ended more than so many hours ago, the oldest first and no more than
-- so many at once; says how many. A run needs none of it: phase_executions is the checkpoint. One worker at a time.
CREATE FUNCTION api.purge_workflows(p_hours integer, p_most integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_gone text[];
BEGIN
    IF NOT pg_try_advisory_xact_lock(4717) THEN
        RETURN 0;
    END IF;
    WITH old AS (
        SELECT workflow_uuid FROM dbos.workflow_status
         WHERE completed_at < (extract(epoch FROM now()) - 3600.0 * greatest(p_hours, 1)) * 1000
           AND status NOT IN ('ENQUEUED', 'PENDING', 'DELAYED')
         ORDER BY completed_at LIMIT p_most
    ), gone AS (
        -- asked once more of the row as it stands: one that was put back into the queue meanwhile is not over
        DELETE FROM dbos.workflow_status w USING old
         WHERE w.workflow_uuid = old.workflow_uuid AND w.status NOT IN ('ENQUEUED', 'PENDING', 'DELAYED')
        RETURNING w.workflow_uuid
    )
    SELECT coalesce(array_agg(workflow_uuid), '{}') INTO v_gone FROM gone;
    -- these name the workflow and refer to nothing; what does refer goes along
    DELETE FROM dbos.workflow_input WHERE workflow_uuid = ANY (v_gone);
    DELETE FROM dbos.workflow_output WHERE workflow_uuid = ANY (v_gone);
    DELETE FROM dbos.operation_outputs WHERE workflow_uuid = ANY (v_gone);
    RETURN cardinality(v_gone);
END
$$;
