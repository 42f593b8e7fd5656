-- api.counting_approvals(uuid)
-- Whose approvals of an answer count: those given to its newest text. Whoever edits it approves what they made of it, and
-- nobody else has by then.
CREATE FUNCTION api.counting_approvals(p_request uuid) RETURNS TABLE (reviewer_id uuid)
LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT w.reviewer_id FROM run_reviews w
     WHERE w.request_id = p_request AND w.decision IN ('approve', 'approve_with_edits')
       AND w.said_at >= coalesce((
           SELECT max(e.said_at) FROM run_reviews e
            WHERE e.request_id = p_request AND e.decision = 'approve_with_edits'), '-infinity')
$$;
