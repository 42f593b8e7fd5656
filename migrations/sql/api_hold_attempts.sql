-- api.hold_attempts(orchestration_runs, jsonb)
-- Part of api.advance_run: which of the attempts given have to wait for the limit of their connection, as
-- [{code, wait_ms, times}]. They are pending, and say what they wait for, and for the how manieth time in a row; the
-- others have taken their turn. Connections are locked in one order, so that two runs never wait for each other.
CREATE FUNCTION api.hold_attempts(p_run public.orchestration_runs, p_begin jsonb) RETURNS jsonb
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_limited record;
    v_turns record;
    v_held jsonb := '[]';
BEGIN
    FOR v_limited IN
        SELECT c.id, c.name, c.requests_per_minute AS per_minute, array_agg(b.x ORDER BY b.n) AS wanted
          FROM jsonb_array_elements(p_begin) WITH ORDINALITY AS b(x, n)
          JOIN provider_connections c ON c.organization_id = p_run.organization_id
                                     AND c.slug = split_part(b.x ->> 'model', ':', 1)
         WHERE c.requests_per_minute IS NOT NULL
         GROUP BY c.id ORDER BY c.id
    LOOP
        v_turns := api.take_turns(p_run.organization_id, v_limited.id, v_limited.per_minute,
                                  cardinality(v_limited.wanted));
        WITH waiting AS (
            INSERT INTO phase_executions AS p (organization_id, run_id, phase_code, phase_name, position, depends_on,
                                               attempt, model, error_details)
            SELECT p_run.organization_id, p_run.id, r.code, r.name, r.position, r.depends_on, r.attempt, r.model,
                   jsonb_build_object('kind', 'connection_limit', 'times', 1, 'message', format(
                       'Waits for the limit of “%s”: %s a minute.', v_limited.name, v_limited.per_minute))
              FROM unnest(v_limited.wanted[v_turns.granted + 1 :]) AS w(x),
                   jsonb_to_record(w.x) AS r(code text, name text, position int, depends_on text[], attempt int,
                                             model text)
            ON CONFLICT (run_id, phase_code, attempt) DO UPDATE
               SET model = excluded.model, error_details = excluded.error_details || jsonb_build_object(
                       'times', coalesce((p.error_details ->> 'times')::integer, 0) + 1)
             WHERE p.status = 'pending'
            RETURNING p.phase_code, p.error_details
        )
        SELECT v_held || coalesce(jsonb_agg(jsonb_build_object(
                   'code', phase_code, 'wait_ms', v_turns.wait_ms, 'times', error_details -> 'times')), '[]')
          INTO v_held FROM waiting;
    END LOOP;
    RETURN v_held;
END
$$;
