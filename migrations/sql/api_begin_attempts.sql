-- api.begin_attempts(orchestration_runs, jsonb)
-- Part of api.advance_run: begin the attempts given, as many as the quota has calls for, and return those begun. The
-- organization's row, which all its runs write, is locked last and so held for the commit only.
CREATE FUNCTION api.begin_attempts(p_run public.orchestration_runs, p_begin jsonb) RETURNS jsonb
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_ids uuid[];
    v_begun jsonb;
    v_wanted integer := jsonb_array_length(p_begin);
    v_granted integer;
BEGIN
    WITH ready AS (
        SELECT * FROM jsonb_to_recordset(p_begin) AS x(
            code text, name text, position int, depends_on text[], attempt int, model text, prompt text,
            cost_bound_usd numeric)
    ), begun AS (
        INSERT INTO phase_executions AS p (organization_id, run_id, phase_code, phase_name, position, depends_on,
                                           attempt, model, prompt_text, status, started_at, cost_bound_usd)
        SELECT p_run.organization_id, p_run.id, code, name, r.position, r.depends_on,
               attempt, model, prompt, 'running', clock_timestamp(), r.cost_bound_usd
          FROM ready r
        ON CONFLICT (run_id, phase_code, attempt) DO UPDATE
           SET status = 'running', prompt_text = excluded.prompt_text, model = excluded.model,
               started_at = excluded.started_at, error_details = '{}', cost_bound_usd = excluded.cost_bound_usd
         WHERE p.status = 'pending'
        RETURNING p.id, p.phase_code, p.attempt, p.position
    )
    SELECT array_agg(id ORDER BY begun.position),
           jsonb_agg(jsonb_build_object('id', id, 'code', phase_code, 'attempt', attempt) ORDER BY begun.position)
      INTO v_ids, v_begun FROM begun;
    IF coalesce(cardinality(v_ids), 0) <> v_wanted THEN
        RAISE EXCEPTION 'an attempt of run % that is to begin is not pending', p_run.id;
    END IF;
    v_granted := api.take_quota(p_run.organization_id, v_wanted);
    IF v_granted < v_wanted THEN
        UPDATE phase_executions SET status = 'pending', started_at = NULL, prompt_text = NULL
         WHERE id = ANY (v_ids[v_granted + 1 :]);
        SELECT coalesce(jsonb_agg(x ORDER BY n), '[]') INTO v_begun
          FROM jsonb_array_elements(v_begun) WITH ORDINALITY AS b(x, n) WHERE n <= v_granted;
    END IF;
    RETURN v_begun;
END
$$;
