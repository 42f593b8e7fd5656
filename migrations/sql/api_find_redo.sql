-- api.find_redo(uuid, text)
-- What a phase's next answer has to heed: the newest of its answers that somebody sent back, and what they said of it;
-- NULL where nobody did.
CREATE FUNCTION api.find_redo(p_run uuid, p_code text) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT jsonb_build_object('attempt', attempt, 'comment', redo_comment, 'response', response_text)
      FROM phase_executions
     WHERE run_id = p_run AND phase_code = p_code AND redo_comment IS NOT NULL
     ORDER BY attempt DESC LIMIT 1
$$;
