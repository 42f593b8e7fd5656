-- api.run_card(orchestration_runs)
-- How an event tells of a run: its figures, what it was launched from and by whom, and no prompt, input or answer.
CREATE FUNCTION api.run_card(p_run public.orchestration_runs) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT jsonb_build_object(
        'run', jsonb_build_object(
            'id', p_run.id, 'title', coalesce(p_run.title, left(p_run.topic, 80)), 'status', p_run.status,
            'model', p_run.model, 'created_at', p_run.created_at, 'started_at', p_run.started_at,
            'completed_at', p_run.completed_at, 'execution_time_ms', p_run.execution_time_ms,
            'total_phases', p_run.total_phases, 'completed_phases', p_run.completed_phases,
            'success_rate', p_run.success_rate, 'total_tokens', p_run.total_tokens, 'cost_usd', p_run.cost_usd,
            'cost_limit_usd', p_run.cost_limit_usd, 'parent_run_id', p_run.parent_run_id,
            'schedule_id', p_run.schedule_id,
            'error', CASE WHEN p_run.error_details ? 'kind' THEN jsonb_build_object(
                'kind', p_run.error_details ->> 'kind', 'message', p_run.error_details ->> 'message',
                'phase', p_run.error_details ->> 'phase') END),
        'project', (SELECT jsonb_build_object('id', j.id, 'name', j.name) FROM projects j WHERE j.id = p_run.project_id),
        'template', (SELECT jsonb_build_object('id', t.id, 'name', t.name, 'version', p_run.template_version)
                       FROM orchestration_templates t WHERE t.id = p_run.template_id),
        'launched_by', api.person_card(p_run.user_id))
$$;
