-- api.make_operations(orchestration_runs, jsonb)
-- Part of api.advance_run: the operations of phases that are completed, in the transaction that completes them. Each
-- says what it would do (`would`), and `ended` where nothing is to be done: {status, error}. One that the run before has
-- done, of a phase that is taken over from it, is done. Where integrations are off, for the run or its organization, each
-- is a dry run: what would have been done is its result. Returns them as they stand; those of a phase that has its
-- operations are made no second time.
CREATE FUNCTION api.make_operations(p_run public.orchestration_runs, p_make jsonb) RETURNS jsonb
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_is_on boolean := p_run.integration_enabled AND coalesce(
        (SELECT (o.settings ->> 'integration_enabled')::boolean FROM organizations o WHERE o.id = p_run.organization_id),
        false);
    v_made jsonb;
BEGIN
    INSERT INTO integration_operations (
        organization_id, run_id, phase_execution_id, position, operation_type, name, operation_params,
        requires_approval, status, result, error_details, completed_at, reused_from)
    SELECT p_run.organization_id, p_run.id, p.id, x.position, x.type, x.name, x.params, x.requires_approval, s.status,
           CASE WHEN done.id IS NOT NULL THEN done.result
                WHEN s.status = 'completed' THEN jsonb_build_object('dry_run', true, 'would', x.would) ELSE '{}' END,
           coalesce(x.ended -> 'error', '{}'),
           CASE WHEN s.status NOT IN ('pending', 'waiting_approval') THEN clock_timestamp() END,
           done.id
      FROM jsonb_to_recordset(p_make) AS x(
               attempt_id uuid, position int, type text, name text, params jsonb, requires_approval boolean,
               would text, ended jsonb)
      JOIN phase_executions p ON p.id = x.attempt_id AND p.run_id = p_run.id AND p.status = 'completed'
      LEFT JOIN integration_operations done
        ON done.phase_execution_id = p.reused_from AND done.position = x.position AND done.status = 'completed'
       AND done.operation_type = x.type AND done.name IS NOT DISTINCT FROM x.name AND NOT done.result ? 'dry_run'
     CROSS JOIN LATERAL (SELECT CASE
           WHEN done.id IS NOT NULL THEN 'completed'
           WHEN x.ended IS NOT NULL THEN x.ended ->> 'status'
           WHEN NOT v_is_on THEN 'completed'
           WHEN x.requires_approval THEN 'waiting_approval' ELSE 'pending' END AS status) s
    ON CONFLICT (organization_id, phase_execution_id, position) DO NOTHING;
    SELECT jsonb_agg(api.operation_state(o) ORDER BY o.phase_execution_id, o.position) INTO v_made
      FROM integration_operations o
     WHERE o.phase_execution_id IN (SELECT (x ->> 'attempt_id')::uuid FROM jsonb_array_elements(p_make) AS x);
    RETURN coalesce(v_made, '[]');
END
$$;
