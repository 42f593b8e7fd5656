-- api.queue_run(uuid, uuid)
-- Part of api.admit_runs and of whatever takes up a run that has a place: one workflow for the run, none where one is
-- waiting or at work already (the deduplication id is the run's). Nothing of the tenant goes along but the two ids. The
-- organization's is the partition of a queue that is not cut up by it: an index leads to the organization's own by that.
CREATE FUNCTION api.queue_run(p_organization uuid, p_run uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    PERFORM dbos.enqueue_workflow(
        workflow_name => 'segment', queue_name => 'runs',
        positional_args => ARRAY[to_json(p_organization::text), to_json(p_run::text)],
        workflow_id => p_run::text || ':' || api.uuid7()::text, deduplication_id => p_run::text,
        app_version => api.engine_version(), application_name => 'orchestrator',
        priority => api.next_turn(p_organization), queue_partition_key => p_organization::text);
    PERFORM pg_notify('orchestrator_runs', '');
EXCEPTION WHEN unique_violation THEN
    NULL; -- it is in the queue
END
$$;
