-- api.phase_card(phase_executions)
-- How an event tells of a phase: its figures and the run that it belongs to, and neither prompt nor answer.
CREATE FUNCTION api.phase_card(p_phase public.phase_executions) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT jsonb_build_object(
        'phase', jsonb_build_object(
            'id', p_phase.id, 'code', p_phase.phase_code, 'name', p_phase.phase_name, 'position', p_phase.position,
            'status', p_phase.status, 'attempt', p_phase.attempt, 'model', p_phase.model,
            'started_at', p_phase.started_at, 'completed_at', p_phase.completed_at,
            'execution_time_ms', p_phase.execution_time_ms,
            'total_tokens', coalesce((p_phase.token_usage ->> 'total_tokens')::integer, 0),
            'cost_usd', p_phase.cost_usd,
            'error', CASE WHEN p_phase.error_details ? 'kind' THEN jsonb_build_object(
                'kind', p_phase.error_details ->> 'kind', 'message', p_phase.error_details ->> 'message') END),
        'run', (SELECT jsonb_build_object('id', r.id, 'title', coalesce(r.title, left(r.topic, 80)),
                                          'project_id', r.project_id)
                  FROM orchestration_runs r WHERE r.id = p_phase.run_id))
$$;
