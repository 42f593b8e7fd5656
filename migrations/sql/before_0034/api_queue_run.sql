-- api.queue_run(uuid, uuid)
-- Part of api.enqueue_run and api.requeue_lost_runs: one workflow for the run, none where one is waiting or at work
-- already (the deduplication id is the run's). Nothing of the tenant goes along but the two ids.
CREATE FUNCTION api.queue_run(p_organization uuid, p_run uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    PERFORM dbos.enqueue_workflow(
        workflow_name => 'segment', queue_name => 'runs',
        positional_args => ARRAY[to_json(p_organization::text), to_json(p_run::text)],
        workflow_id => p_run::text || ':' || api.uuid7()::text, deduplication_id => p_run::text,
        app_version => 'engine-1', application_name => 'orchestrator');
    PERFORM pg_notify('orchestrator_runs', '');
EXCEPTION WHEN unique_violation THEN
    NULL; -- it is in the queue
END
$$;
