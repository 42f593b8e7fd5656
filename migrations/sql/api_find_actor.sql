-- api.find_actor(bytea)
-- As api.find_living_session, without what it says of the second factor: for web processes of the version before, which
-- may run on while the schema is brought up to date. They know of no second factor, so a session that lacks the one that
-- is required is none to them.
CREATE FUNCTION api.find_actor(p_hash bytea)
RETURNS TABLE (session_id uuid, last_seen_at timestamptz, expires_at timestamptz, user_id uuid, organization_id uuid,
               role text, permissions jsonb, is_operator boolean, full_name text, email text, username text,
               preferences jsonb, organization_name text, organization_slug text, security_settings jsonb,
               is_sample boolean, is_visiting boolean)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT l.session_id, l.last_seen_at, l.expires_at, l.user_id, l.organization_id, l.role, l.permissions,
           l.is_operator, l.full_name, l.email, l.username, l.preferences, l.organization_name, l.organization_slug,
           l.security_settings, l.is_sample, l.is_visiting
    FROM api.find_living_session(p_hash) l
    WHERE coalesce(l.second_factor_due > now(), true)
$$;
