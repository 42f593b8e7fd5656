-- api.find_session(bytea)
-- The person behind a session's hash, with all that the pages need to know of them; no row when it has ended, was
-- revoked, or the person or the organization is gone.
CREATE FUNCTION api.find_session(p_hash bytea)
RETURNS TABLE (session_id uuid, last_seen_at timestamptz, expires_at timestamptz, user_id uuid, organization_id uuid,
               role text, permissions jsonb, is_operator boolean, full_name text, email text, username text,
               preferences jsonb, organization_name text, organization_slug text, security_settings jsonb)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT s.id, s.last_seen_at, s.expires_at, u.id, o.id, u.role, u.permissions, u.is_operator, u.full_name, u.email,
           u.username, u.preferences, o.name, o.slug, coalesce(o.settings -> 'security_settings', '{}')
    FROM user_sessions s JOIN users u ON u.id = s.user_id JOIN organizations o ON o.id = u.organization_id
    WHERE s.token_hash = p_hash AND s.revoked_at IS NULL AND s.state = 'active' AND s.expires_at > now()
      AND u.deactivated_at IS NULL AND u.deleted_at IS NULL AND o.deleted_at IS NULL
$$;
