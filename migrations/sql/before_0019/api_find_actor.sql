-- api.find_actor(bytea)
-- Whom a session's hash stands for, with all that the pages need to know; no row when it has ended, was revoked, or its
-- person or organization is gone. An operator's session may visit the sample workspace: it then stands for the person
-- visited, without an operator's rights, under the time-out of its own organization. A visit to anybody who is not (or
-- no more) an active person of a sample counts for nothing: the session is its own person's.
CREATE FUNCTION api.find_actor(p_hash bytea)
RETURNS TABLE (session_id uuid, last_seen_at timestamptz, expires_at timestamptz, user_id uuid, organization_id uuid,
               role text, permissions jsonb, is_operator boolean, full_name text, email text, username text,
               preferences jsonb, organization_name text, organization_slug text, security_settings jsonb,
               is_sample boolean, is_visiting boolean)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT s.id, s.last_seen_at, s.expires_at, u.id, o.id, u.role, u.permissions,
           u.is_operator AND o.sample_made_at IS NULL, u.full_name, u.email, u.username, u.preferences, o.name, o.slug,
           coalesce(home.settings -> 'security_settings', '{}'), o.sample_made_at IS NOT NULL, visited.id IS NOT NULL
    FROM user_sessions s
    JOIN users own ON own.id = s.user_id
    JOIN organizations home ON home.id = own.organization_id
    LEFT JOIN LATERAL (
        SELECT v.id FROM users v JOIN organizations w ON w.id = v.organization_id
         WHERE v.id = s.visiting AND own.is_operator AND home.sample_made_at IS NULL AND w.sample_made_at IS NOT NULL
           AND v.deactivated_at IS NULL AND v.deleted_at IS NULL AND w.deleted_at IS NULL
    ) visited ON true
    JOIN users u ON u.id = coalesce(visited.id, own.id)
    JOIN organizations o ON o.id = u.organization_id
    WHERE s.token_hash = p_hash AND s.revoked_at IS NULL AND s.state = 'active' AND s.expires_at > now()
      AND own.deactivated_at IS NULL AND own.deleted_at IS NULL AND home.deleted_at IS NULL
$$;
