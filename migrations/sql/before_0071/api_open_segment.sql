-- api.open_segment(uuid, uuid, uuid)
-- A worker takes a run: from here on only the token given here may write to it. Whatever was running when the holder
-- before was lost is closed as lost, with its usage row: the call was made and counted. It took until the last word
-- that was seen of it, where there was one: how long nobody worked afterwards is not its time. Returns the run as it
-- stands, each phase's newest attempt among it with how often its model was asked since somebody sent an answer back, and
-- its operations, or {"state": "gone"} when there is nothing to walk. A run of an organization that is suspended is paused, one of an organization that is
-- deleted is to be cancelled.
CREATE FUNCTION api.open_segment(p_organization uuid, p_run uuid, p_token uuid) RETURNS jsonb
LANGUAGE plpgsql
AS $$
DECLARE
    v_run public.orchestration_runs;
    v_phases jsonb;
    v_operations jsonb;
    v_has_unknown_cost boolean;
BEGIN
    PERFORM api.enter_engine(p_organization);
    -- Whoever held it may be writing its last word: only a statement that begins after that can count what it wrote.
    PERFORM FROM public.orchestration_runs WHERE id = p_run FOR NO KEY UPDATE;
    UPDATE public.orchestration_runs
       SET status = 'running', worker_token = p_token, started_at = coalesce(started_at, clock_timestamp()),
           error_details = '{}',
           -- counted anew: a fork begins with what its launch said that it takes over
           completed_phases = (SELECT count(*) FROM public.phase_executions
                                WHERE run_id = p_run AND status = 'completed')
     WHERE id = p_run AND status IN ('queued', 'running')
    RETURNING * INTO v_run;
    IF NOT FOUND THEN
        RETURN jsonb_build_object('state', 'gone');
    END IF;
    PERFORM api.speak_for_run(p_organization, v_run.user_id);
    WITH lost AS (
        UPDATE public.phase_executions p
           SET status = 'failed', finish_reason = 'lost',
               execution_time_ms = coalesce(
                   (SELECT extract(epoch FROM s.updated_at - p.started_at) * 1000 FROM public.phase_streams s
                     WHERE s.phase_execution_id = p.id), api.milliseconds_since(started_at)),
               cost_usd = CASE WHEN split_part(model, ':', 1) = 'local' OR EXISTS (
                   SELECT 1 FROM public.provider_connections c
                    WHERE c.organization_id = p_organization AND c.slug = split_part(model, ':', 1) AND c.is_free)
                   THEN 0 END,
               error_details = jsonb_build_object('kind', 'lost', 'message',
                   'The worker that was writing this phase stopped in the middle of it.')
         WHERE run_id = p_run AND status = 'running'
        RETURNING *
    ), forgotten AS (
        DELETE FROM public.phase_streams s USING lost WHERE s.phase_execution_id = lost.id
    ), used AS (
        INSERT INTO public.api_usage (organization_id, user_id, project_id, run_id, phase_execution_id, endpoint,
                                      method, provider, model, cost_usd, response_time_ms, error_kind)
        SELECT p_organization, v_run.user_id, v_run.project_id, p_run, lost.id, '/v1/chat/completions', 'POST',
               split_part(lost.model, ':', 1), substr(lost.model, strpos(lost.model, ':') + 1),
               lost.cost_usd, lost.execution_time_ms, 'lost'
          FROM lost
    )
    SELECT bool_or(cost_usd IS NULL) INTO v_has_unknown_cost FROM lost;
    IF v_run.plan @? '$.phases[*].operations[*]' THEN
        v_operations := api.take_over_operations(v_run);
    END IF;
    IF v_has_unknown_cost THEN
        UPDATE public.orchestration_runs SET cost_usd = NULL WHERE id = p_run;
    END IF;
    IF EXISTS (SELECT 1 FROM public.organizations WHERE id = p_organization AND deleted_at IS NOT NULL) THEN
        UPDATE public.orchestration_runs SET cancel_requested_at = coalesce(cancel_requested_at, clock_timestamp())
         WHERE id = p_run
        RETURNING cancel_requested_at INTO v_run.cancel_requested_at;
    ELSIF v_run.cancel_requested_at IS NULL AND EXISTS (
        SELECT 1 FROM public.organizations WHERE id = p_organization AND suspended_at IS NOT NULL)
    THEN
        PERFORM api.end_run(p_run, 'paused', '{}');
        RETURN jsonb_build_object('state', 'gone');
    ELSIF v_run.cancel_requested_at IS NULL AND v_run.pause_requested_at IS NOT NULL THEN
        PERFORM api.end_run(p_run, 'paused', '{}'); -- the worker that was to do so was lost
        RETURN jsonb_build_object('state', 'gone');
    END IF;
    SELECT jsonb_agg(jsonb_build_object(
               'id', p.id, 'code', p.phase_code, 'attempt', p.attempt, 'status', p.status, 'model', p.model,
               'response', p.response_text, 'error', p.error_details, 'redo', p.redo, 'asked', p.asked,
               'lost', p.lost, 'handed_over', p.handed_over, 'misfits', p.misfits,
               'misfit', CASE WHEN p.misfits > 0 THEN (
                   SELECT jsonb_build_object('response', m.response_text, 'faults', m.error_details -> 'faults')
                     FROM public.phase_executions m
                    WHERE m.run_id = p_run AND m.phase_code = p.phase_code AND m.model = p.model
                      AND m.error_details ->> 'kind' = 'invalid_output'
                    ORDER BY m.attempt DESC LIMIT 1) END,
               'ended_ms_ago', api.milliseconds_since(p.completed_at)) ORDER BY p.position)
      INTO v_phases
      FROM (SELECT DISTINCT ON (phase_code) e.*, redo,
                   count(*) FILTER (WHERE status <> 'pending') OVER asked AS asked,
                   count(*) FILTER (WHERE finish_reason = 'lost') OVER asked AS lost,
                   count(*) FILTER (WHERE finish_reason = 'interrupted') OVER asked AS handed_over,
                   count(*) FILTER (WHERE error_details ->> 'kind' = 'invalid_output') OVER asked AS misfits
              FROM public.phase_executions e, api.find_redo(p_run, e.phase_code) AS redo
             WHERE run_id = p_run AND (redo IS NULL OR e.attempt > (redo ->> 'attempt')::int)
            WINDOW asked AS (PARTITION BY phase_code, model)
             ORDER BY phase_code, attempt DESC) p;
    RETURN jsonb_build_object(
        'state', CASE WHEN v_run.cancel_requested_at IS NULL THEN 'running' ELSE 'cancelling' END,
        'has_cost_limit', v_run.cost_limit_usd IS NOT NULL, 'topic', v_run.topic, 'title', v_run.title,
        'plan', v_run.plan, 'inputs', v_run.inputs, 'phases', v_phases, 'operations', v_operations);
END
$$;
