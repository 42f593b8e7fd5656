-- api.advance_run(uuid, uuid, uuid, jsonb)
-- One step of a run in one round trip and one transaction: close the attempts that ended, with their usage rows; skip
-- what is not asked; begin those that are ready, against the quota and the limits of connections; or end the run.
-- `p_step`:
--   finish [{id, status, response, prompt_tokens, completion_tokens, model, provider, endpoint, method, status_code,
--            cost_usd, execution_time_ms, finish_reason, error}]
--   skip   [{code, error}]
--   begin  [{code, name, position, depends_on, attempt, model, prompt, cost_bound_usd}]
--   end    {status, error} or null
--   waiting  ids of the attempts that the worker believes to wait for a review
--   operate  {make, finish, begin, waiting} of operations: see api.make_operations, api.finish_operations,
--            api.begin_operations and api.decided_operations; NULL where the run has none
--   rest_ms  for so long there is nothing to do: the run is set aside, without a worker, until it is due or somebody
--            steers it; it keeps its organization's place
-- Returns {state, begun [{id, code, attempt}], held [{code, wait_ms, times}], quota_exhausted, cost_stop, budget, decided,
-- operations}; state is 'lost' when another worker holds the run now (nothing was written), 'cancelling' and 'pausing'
-- when somebody asked for that (nothing was skipped or begun), 'changed' when the end makes no sense any more (nothing
-- was ended), 'resting' when it was set aside, else 'running' or the end. `held` are those that wait for the limit of
-- their connection, `decided` the phases that waited as they stand now that people have decided, `cost_stop` says why
-- money lets nothing begin, `budget` the hard one that is used up (api.hold_budgets; `quota_exhausted` is said then too, for
-- workers that know no budgets), `operations` are those made, begun or decided, as they stand.
CREATE FUNCTION api.advance_run(p_organization uuid, p_run uuid, p_token uuid, p_step jsonb) RETURNS jsonb
LANGUAGE plpgsql
AS $$
DECLARE
    v_run public.orchestration_runs;
    v_finish jsonb := coalesce(p_step -> 'finish', '[]');
    v_finished integer;
    v_begun jsonb := '[]';
    v_held jsonb := '[]';
    v_skip jsonb := coalesce(p_step -> 'skip', '[]');
    v_ready jsonb := coalesce(p_step -> 'begin', '[]');
    v_exhausted boolean := false;
    v_end text := p_step #>> '{end,status}';
    v_decided jsonb;
    v_stop text;
    v_operate jsonb := p_step -> 'operate';
    v_operations jsonb;
    v_is_decided boolean := false;
    v_spent numeric;
    v_budget jsonb;
BEGIN
    PERFORM api.enter_engine(p_organization);
    -- The fence, and the lock that puts the steps of one run in order: by key and token alone, no other index is read.
    UPDATE public.orchestration_runs r
       SET completed_phases = r.completed_phases + f.completed, total_tokens = r.total_tokens + f.tokens,
           cost_usd = r.cost_usd + f.cost
      FROM (SELECT count(*) FILTER (WHERE x ->> 'status' = 'completed') AS completed,
                   coalesce(sum((x ->> 'prompt_tokens')::int + (x ->> 'completion_tokens')::int), 0) AS tokens,
                   -- one unknown price makes the sum unknown, and sum() would pass over it
                   CASE WHEN bool_or(x ->> 'cost_usd' IS NULL) THEN NULL
                        ELSE coalesce(sum((x ->> 'cost_usd')::numeric), 0) END AS cost
              FROM jsonb_array_elements(v_finish) x) f
     WHERE r.id = p_run AND r.worker_token = p_token
    RETURNING r.* INTO v_run;
    IF NOT FOUND THEN
        RETURN jsonb_build_object('state', 'lost');
    END IF;
    PERFORM api.speak_for_run(p_organization, v_run.user_id);
    IF v_finish <> '[]' THEN
        PERFORM api.finish_attempts(v_run, v_finish);
    END IF;
    IF jsonb_typeof(v_operate) = 'object' THEN
        PERFORM api.finish_operations(v_run, v_operate -> 'finish');
        v_operations := api.make_operations(v_run, v_operate -> 'make')
                        || coalesce(api.decided_operations(p_run, v_operate -> 'waiting'), '[]');
        v_is_decided := jsonb_array_length(v_operations) > 0;
    END IF;
    IF v_run.cancel_requested_at IS NULL AND v_end = 'cancelled' THEN
        RAISE EXCEPTION 'nobody wants run % cancelled', p_run;
    END IF;
    IF v_run.cancel_requested_at IS NOT NULL AND v_end IN ('paused', 'waiting_review') THEN
        RETURN jsonb_build_object('state', 'cancelling', 'begun', v_begun, 'quota_exhausted', false);
    END IF;
    v_decided := api.decided_phases(p_run, p_step -> 'waiting');
    IF v_run.cost_limit_usd IS NOT NULL THEN
        v_spent := CASE WHEN v_run.cost_usd IS NULL THEN api.most_spent(p_run) ELSE v_run.cost_usd END;
        v_stop := CASE WHEN v_spent IS NULL THEN 'cost_unknown'
                       WHEN v_spent < v_run.cost_limit_usd THEN NULL
                       WHEN v_run.cost_usd IS NULL THEN 'cost_bound'
                       ELSE 'cost_limit' END;
    END IF;
    -- Whoever decides, raises the limit or takes a pause back waits for this lock: what they did a moment ago counts.
    IF v_end = 'waiting_review' AND (v_decided IS NOT NULL OR v_is_decided)
       OR v_end = 'paused' AND p_step #>> '{end,error,kind}' = 'person' AND v_run.pause_requested_at IS NULL
       OR v_end = 'paused' AND v_stop IS NULL
          AND p_step #>> '{end,error,kind}' IN ('cost_limit', 'cost_bound', 'cost_unknown') THEN
        RETURN jsonb_build_object('state', 'changed', 'decided', v_decided, 'operations', v_operations);
    END IF;
    IF v_end = 'waiting_review' AND v_run.pause_requested_at IS NOT NULL THEN
        v_end := 'paused';
    END IF;
    IF v_end IS NOT NULL THEN
        IF v_skip <> '[]' THEN
            PERFORM api.skip_phases(v_run, v_skip);
        END IF;
        PERFORM api.end_run(p_run, v_end, coalesce(p_step #> '{end,error}', '{}'));
        RETURN jsonb_build_object('state', v_end, 'begun', v_begun, 'quota_exhausted', false);
    END IF;
    IF v_run.cancel_requested_at IS NOT NULL THEN
        RETURN jsonb_build_object('state', 'cancelling', 'begun', v_begun, 'quota_exhausted', false);
    END IF;
    IF v_run.pause_requested_at IS NOT NULL THEN
        RETURN jsonb_build_object(
            'state', 'pausing', 'begun', v_begun, 'quota_exhausted', false, 'operations', v_operations);
    END IF;
    IF p_step ->> 'rest_ms' IS NOT NULL AND v_decided IS NULL AND NOT v_is_decided THEN
        UPDATE public.orchestration_runs
           SET worker_token = NULL,
               resume_at = clock_timestamp() + make_interval(secs => (p_step ->> 'rest_ms')::double precision / 1000)
         WHERE id = p_run;
        RETURN jsonb_build_object('state', 'resting', 'begun', v_begun, 'quota_exhausted', false);
    END IF;
    IF v_skip <> '[]' THEN
        PERFORM api.skip_phases(v_run, v_skip);
    END IF;
    IF v_operate -> 'begin' <> '[]' THEN
        v_operations := v_operations || api.begin_operations(v_run, v_operate -> 'begin');
    END IF;
    IF v_ready <> '[]' AND v_stop IS NULL THEN
        v_budget := api.hold_budgets(p_organization, v_run.project_id, v_run.user_id);
    END IF;
    IF v_ready <> '[]' AND v_stop IS NULL AND v_budget IS NULL THEN
        v_held := api.hold_attempts(v_run, v_ready);
        IF v_held <> '[]' THEN
            SELECT coalesce(jsonb_agg(x ORDER BY n), '[]') INTO v_ready
              FROM jsonb_array_elements(v_ready) WITH ORDINALITY AS b(x, n)
             WHERE NOT v_held @> jsonb_build_array(jsonb_build_object('code', x -> 'code'));
        END IF;
        IF v_ready <> '[]' THEN
            v_begun := api.begin_attempts(v_run, v_ready);
            v_exhausted := jsonb_array_length(v_begun) < jsonb_array_length(v_ready);
        END IF;
    END IF;
    RETURN jsonb_build_object(
        'state', 'running', 'begun', v_begun, 'held', v_held,
        'quota_exhausted', v_exhausted OR v_budget IS NOT NULL,
        'cost_stop', CASE WHEN p_step -> 'begin' <> '[]' THEN v_stop END, 'budget', v_budget, 'decided', v_decided,
        'operations', v_operations);
END
$$;
