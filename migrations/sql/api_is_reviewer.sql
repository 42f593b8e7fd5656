-- api.is_reviewer(text[], timestamptz, text, uuid)
-- Whether somebody of that role is among those whom a gate names, by role or id; one that names nobody is everybody's.
-- Once it is overdue and that was told, admins are among them too, so that no run waits for who has left. The permission
-- to review is asked beside it.
-- No search_path of its own: with one, PostgreSQL would not put its body into the statement that asks.
CREATE FUNCTION api.is_reviewer(p_reviewers text[], p_escalated_at timestamptz, p_role text, p_user uuid)
RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT p_reviewers = '{}' OR p_role = ANY (p_reviewers) OR p_user::text = ANY (p_reviewers)
        OR p_escalated_at IS NOT NULL AND p_role = 'admin'
$$;
