-- api.has_edited(uuid)
-- Whether the person has written a part of what a run's operations send: whether an answer of it that stands, its own or
-- taken over from a run before, was approved with edits of theirs.
CREATE FUNCTION api.has_edited(p_run uuid) RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp
AS $$
    WITH RECURSIVE said AS (
        SELECT p.id, p.reused_from FROM phase_executions p WHERE p.run_id = p_run AND p.status = 'completed'
         UNION
        SELECT p.id, p.reused_from FROM phase_executions p JOIN said ON p.id = said.reused_from
    )
    SELECT EXISTS (
        SELECT FROM said JOIN review_requests q ON q.phase_execution_id = said.id
          JOIN run_reviews w ON w.request_id = q.id
         WHERE w.reviewer_id = api.person_id() AND w.decision = 'approve_with_edits')
$$;
