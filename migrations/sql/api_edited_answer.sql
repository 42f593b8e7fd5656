-- api.edited_answer(uuid)
-- Part of api.decide_review: what the newest edit of an answer that waits has made of it; NULL where nobody has edited it.
CREATE FUNCTION api.edited_answer(p_request uuid) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT edited_response FROM run_reviews
     WHERE request_id = p_request AND decision = 'approve_with_edits' ORDER BY said_at DESC LIMIT 1
$$;
