-- api.decided_phases(uuid, jsonb)
-- Part of api.advance_run: the phases of which the worker believes that an attempt (`p_waiting`, ids) waits for a review
-- though somebody has decided, as they stand now; NULL where there are none.
CREATE FUNCTION api.decided_phases(p_run uuid, p_waiting jsonb) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT jsonb_agg(jsonb_build_object(
               'id', newest.id, 'code', newest.phase_code, 'attempt', newest.attempt, 'status', newest.status,
               'model', newest.model, 'response', newest.response_text, 'error', newest.error_details,
               'redo', api.find_redo(p_run, newest.phase_code)))
      FROM (SELECT DISTINCT ON (p.phase_code) p.*
              FROM phase_executions p
              JOIN phase_executions waited ON waited.run_id = p.run_id AND waited.phase_code = p.phase_code
             WHERE p.run_id = p_run AND waited.status <> 'waiting_review'
               AND waited.id IN (SELECT w.id::uuid FROM jsonb_array_elements_text(p_waiting) AS w(id))
             ORDER BY p.phase_code, p.attempt DESC) newest
$$;
