-- api.counting_approvals(uuid)
-- Whose approvals of an answer count: those given to its text as it is now. Whoever edits it approves what they made of
-- it, and nobody else has by then, unless it is what they had approved before.
CREATE FUNCTION api.counting_approvals(p_request uuid) RETURNS TABLE (reviewer_id uuid)
LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT w.reviewer_id FROM run_reviews w
     WHERE w.request_id = p_request AND w.decision IN ('approve', 'approve_with_edits')
       AND w.answer_digest = coalesce((
           SELECT e.answer_digest FROM run_reviews e
            WHERE e.request_id = p_request AND e.decision = 'approve_with_edits' ORDER BY e.said_at DESC LIMIT 1),
           w.answer_digest)
$$;
