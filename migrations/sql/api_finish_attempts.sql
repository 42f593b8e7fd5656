-- api.finish_attempts(orchestration_runs, jsonb)
-- Part of api.advance_run: each attempt that ended, whole, with its one usage row; its side table row goes. One whose
-- answer people look at first waits, by the policy that comes with it (`review`): where the phase was launched with a gate
-- none is completed here, whoever walks the run. The usage has the model that was asked, so that what failed of it stands
-- beside what succeeded; `reported_model` is how the answer names it, often with a date.
CREATE FUNCTION api.finish_attempts(p_run public.orchestration_runs, p_finish jsonb) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_closed integer;
BEGIN
    IF EXISTS (
        SELECT 1 FROM jsonb_to_recordset(p_finish) AS x(id uuid, status text)
          JOIN phase_executions p ON p.id = x.id
          JOIN phase_executions launched ON launched.run_id = p.run_id AND launched.phase_code = p.phase_code
                                        AND launched.attempt = 1
         WHERE x.status = 'completed' AND jsonb_typeof(launched.review_policy) = 'object')
    THEN
        RAISE EXCEPTION 'an answer of run % is completed past the people who are to look at it', p_run.id
            USING ERRCODE = 'check_violation';
    END IF;
    WITH ended AS (
        SELECT * FROM jsonb_to_recordset(p_finish) AS x(
            id uuid, status text, response text, prompt_tokens int, completion_tokens int, model text, provider text,
            reported_model text, endpoint text, method text, status_code int, cost_usd numeric, execution_time_ms int,
            finish_reason text, error jsonb, review jsonb)
    ), closed AS (
        UPDATE phase_executions p
           SET status = e.status, response_text = e.response,
               execution_time_ms = coalesce(e.execution_time_ms, api.milliseconds_since(p.started_at)),
               finish_reason = e.finish_reason, cost_usd = e.cost_usd,
               error_details = coalesce(e.error, '{}'), review_policy = coalesce(e.review, p.review_policy),
               token_usage = CASE WHEN e.prompt_tokens IS NULL THEN '{}' ELSE jsonb_build_object(
                   'prompt_tokens', e.prompt_tokens, 'completion_tokens', e.completion_tokens,
                   'total_tokens', e.prompt_tokens + e.completion_tokens, 'model', coalesce(e.reported_model, e.model),
                   'cost_usd', e.cost_usd) END
          FROM ended e
         WHERE p.id = e.id AND p.run_id = p_run.id AND p.status = 'running'
        RETURNING p.id, p.execution_time_ms
    ), forgotten AS (
        DELETE FROM phase_streams s USING closed WHERE s.phase_execution_id = closed.id
    ), used AS (
        INSERT INTO api_usage (organization_id, user_id, project_id, run_id, phase_execution_id, endpoint, method,
                               provider, model, prompt_tokens, completion_tokens, tokens_used, cost_usd,
                               response_time_ms, status_code, error_kind)
        SELECT p_run.organization_id, p_run.user_id, p_run.project_id, p_run.id, e.id, e.endpoint, e.method,
               e.provider, e.model, e.prompt_tokens, e.completion_tokens,
               coalesce(e.prompt_tokens + e.completion_tokens, 0), e.cost_usd,
               closed.execution_time_ms, e.status_code, e.error ->> 'kind'
          FROM ended e JOIN closed USING (id)
    )
    SELECT count(*) INTO v_closed FROM closed;
    IF v_closed <> jsonb_array_length(p_finish) THEN
        RAISE EXCEPTION 'an attempt of run % that is to be closed is not running', p_run.id;
    END IF;
END
$$;
