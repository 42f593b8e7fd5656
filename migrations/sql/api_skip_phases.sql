-- api.skip_phases(orchestration_runs, jsonb)
-- Part of api.advance_run: phases that are not asked, [{code, error}]. Nothing of the quota is taken and there is no
-- usage. Only what never began can be skipped.
CREATE FUNCTION api.skip_phases(p_run public.orchestration_runs, p_skip jsonb) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_skipped integer;
BEGIN
    UPDATE phase_executions p
       SET status = 'skipped', error_details = s.error
      FROM jsonb_to_recordset(p_skip) AS s(code text, error jsonb)
     WHERE p.run_id = p_run.id AND p.phase_code = s.code AND p.attempt = 1 AND p.status = 'pending';
    GET DIAGNOSTICS v_skipped = ROW_COUNT;
    IF v_skipped <> jsonb_array_length(p_skip) THEN
        RAISE EXCEPTION 'a phase of run % that is to be skipped is not pending', p_run.id;
    END IF;
END
$$;
