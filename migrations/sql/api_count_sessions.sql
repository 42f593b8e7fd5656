-- api.count_sessions(uuid)
-- How many living sessions a person of one's own organization has, and when the last of them was used; for who may end
-- them. From where and with what browser stays the person's own.
CREATE FUNCTION api.count_sessions(p_user uuid) RETURNS TABLE (living integer, last_seen_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT count(*)::integer, max(s.last_seen_at)
    FROM user_sessions s JOIN users u ON u.id = s.user_id
    WHERE s.user_id = p_user AND u.organization_id = api.organization_id()
      AND (api.may('users.deactivate') OR api.may('users.edit'))
      AND s.revoked_at IS NULL AND s.state = 'active' AND s.expires_at > now()
$$;
