-- api.run_editors(uuid)
-- Who has written a part of what a run's operations send: whoever approved with edits an answer of it that stands, its own
-- or taken over from a run before. As far as who asks sees that.
CREATE FUNCTION api.run_editors(p_run uuid) RETURNS SETOF uuid
LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp
AS $$
    WITH RECURSIVE said AS (
        SELECT p.id, p.reused_from FROM phase_executions p WHERE p.run_id = p_run AND p.status = 'completed'
         UNION
        SELECT p.id, p.reused_from FROM phase_executions p JOIN said ON p.id = said.reused_from
    )
    SELECT w.reviewer_id FROM said JOIN review_requests q ON q.phase_execution_id = said.id
      JOIN run_reviews w ON w.request_id = q.id
     WHERE w.decision = 'approve_with_edits'
$$;
