-- api.make_operations(orchestration_runs, jsonb)
-- Part of api.advance_run: the operations of phases that are completed, in the transaction that completes them. Each
-- says what it would do (`would`), and `ended` where nothing is to be done: {status, error}. One that a run before has
-- done, of a phase that is taken over from it, is done, and its row says what was done then: any run before from which
-- the phase comes, also where one between has never come so far. It is the same one where the plans have it written
-- alike, wherever it stands. Where integrations are off, for the run or its organization, each is a dry run: what would
-- have been done, or why it could not be, is its result. Returns them as they stand; those of a phase that has its
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
    WITH RECURSIVE wanted AS (
        SELECT x.*, p.reused_from, api.written_operation(p_run.plan, p.phase_code, x.position) AS written,
               row_number() OVER (
                   PARTITION BY x.attempt_id, api.written_operation(p_run.plan, p.phase_code, x.position)
                       ORDER BY x.position) AS number
          FROM jsonb_to_recordset(p_make) AS x(
                   attempt_id uuid, position int, type text, name text, params jsonb, requires_approval boolean,
                   would text, ended jsonb)
          JOIN phase_executions p ON p.id = x.attempt_id AND p.run_id = p_run.id AND p.status = 'completed'
    ), line AS ( -- the attempts that each phase was taken over from, the nearest first
        SELECT attempt_id, reused_from, 1 AS steps FROM wanted WHERE reused_from IS NOT NULL GROUP BY 1, 2
        UNION ALL
        SELECT l.attempt_id, p.reused_from, l.steps + 1
          FROM line l JOIN phase_executions p ON p.id = l.reused_from
         WHERE p.reused_from IS NOT NULL
    ), known AS (
        SELECT l.attempt_id, l.steps, o.id, o.status, o.operation_params, o.result, o.reused_from, w.written,
               row_number() OVER (PARTITION BY l.attempt_id, l.reused_from, w.written ORDER BY o.position) AS number
          FROM line l
          JOIN integration_operations o
            ON o.organization_id = p_run.organization_id AND o.phase_execution_id = l.reused_from
          JOIN phase_executions p ON p.id = l.reused_from
          JOIN orchestration_runs r ON r.id = p.run_id
         CROSS JOIN LATERAL (SELECT api.written_operation(r.plan, p.phase_code, o.position) AS written) w
    )
    INSERT INTO integration_operations (
        organization_id, run_id, phase_execution_id, position, operation_type, name, operation_params,
        requires_approval, status, result, error_details, completed_at, reused_from)
    SELECT p_run.organization_id, p_run.id, x.attempt_id, x.position, x.type, x.name,
           coalesce(done.operation_params, x.params), x.requires_approval, s.status,
           CASE WHEN done.id IS NOT NULL THEN done.result
                WHEN s.status = 'completed' THEN jsonb_build_object('dry_run', true, 'would', coalesce(
                    'It would fail: ' || (x.ended #>> '{error,message}'), x.would)) ELSE '{}' END,
           CASE WHEN s.status = 'completed' THEN '{}' ELSE coalesce(x.ended -> 'error', '{}') END,
           CASE WHEN s.status NOT IN ('pending', 'waiting_approval') THEN clock_timestamp() END,
           coalesce(done.reused_from, done.id)
      FROM wanted x
      LEFT JOIN LATERAL (
          SELECT k.id, k.operation_params, k.result, k.reused_from
            FROM known k
           WHERE k.attempt_id = x.attempt_id AND k.written = x.written AND k.number = x.number
             AND k.status = 'completed' AND NOT k.result ? 'dry_run'
           ORDER BY k.steps LIMIT 1) done ON true
     CROSS JOIN LATERAL (SELECT CASE
           WHEN done.id IS NOT NULL THEN 'completed'
           WHEN NOT v_is_on AND x.ended ->> 'status' IS DISTINCT FROM 'cancelled' THEN 'completed'
           WHEN x.ended IS NOT NULL THEN x.ended ->> 'status'
           WHEN x.requires_approval THEN 'waiting_approval' ELSE 'pending' END AS status) s
    ON CONFLICT (organization_id, phase_execution_id, position) DO NOTHING;
    SELECT jsonb_agg(api.operation_state(o) ORDER BY o.phase_execution_id, o.position) INTO v_made
      FROM integration_operations o
     WHERE o.phase_execution_id IN (SELECT (x ->> 'attempt_id')::uuid FROM jsonb_array_elements(p_make) AS x);
    RETURN coalesce(v_made, '[]');
END
$$;
