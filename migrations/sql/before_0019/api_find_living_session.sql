-- api.find_living_session(bytea)
-- Whom a session's hash stands for, with all that the pages need to know; no row when it has ended, was revoked, or its
-- person or organization is gone. An operator's session may visit the sample workspace: it then stands for the person
-- visited, without an operator's rights, under the rules of its own organization. A visit to anybody who is not (or
-- no more) an active person of a sample counts for nothing: the session is its own person's.
-- `second_factor_due` is the moment from which the session opens nothing but the set-up of a second factor: grace_days
-- (7 unless it is a number, 0 to 90) after the organization began to require one or its person was made, whichever is
-- later; NULL where none is required or the person has one. From then on it visits nobody either.
-- `sees_own_only` is what the person's claims have to say.
CREATE FUNCTION api.find_living_session(p_hash bytea)
RETURNS TABLE (session_id uuid, last_seen_at timestamptz, expires_at timestamptz, user_id uuid, organization_id uuid,
               role text, permissions jsonb, is_operator boolean, full_name text, email text, username text,
               preferences jsonb, organization_name text, organization_slug text, security_settings jsonb,
               is_sample boolean, is_visiting boolean, sees_own_only boolean,
               second_factor_due timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT s.id, s.last_seen_at, s.expires_at, u.id, o.id, u.role, u.permissions,
           u.is_operator AND o.sample_made_at IS NULL, u.full_name, u.email, u.username, u.preferences, o.name, o.slug,
           coalesce(home.settings -> 'security_settings', '{}'), o.sample_made_at IS NOT NULL, visited.id IS NOT NULL,
           api.is_own_only(u.role, o.settings), factor.due
    FROM user_sessions s
    JOIN users own ON own.id = s.user_id
    JOIN organizations home ON home.id = own.organization_id
    LEFT JOIN LATERAL (
        SELECT greatest(home.second_factor_required_at, own.created_at) + make_interval(hours => 24 * CASE
                   WHEN jsonb_typeof(grace.days) = 'number' THEN least(greatest(grace.days::numeric, 0), 90)::int
                   ELSE 7 END) AS due
          FROM (SELECT home.settings #> '{security_settings,grace_days}') AS grace (days)
         WHERE home.second_factor_required_at IS NOT NULL
           AND NOT EXISTS (SELECT 1 FROM user_credentials c WHERE c.user_id = own.id AND c.totp_enabled_at IS NOT NULL)
    ) factor ON true
    LEFT JOIN LATERAL (
        SELECT v.id FROM users v JOIN organizations w ON w.id = v.organization_id
         WHERE v.id = s.visiting AND own.is_operator AND home.sample_made_at IS NULL AND w.sample_made_at IS NOT NULL
           AND v.deactivated_at IS NULL AND v.deleted_at IS NULL AND w.deleted_at IS NULL
           AND coalesce(factor.due > now(), true)
    ) visited ON true
    JOIN users u ON u.id = coalesce(visited.id, own.id)
    JOIN organizations o ON o.id = u.organization_id
    WHERE s.token_hash = p_hash AND s.revoked_at IS NULL AND s.state = 'active' AND s.expires_at > now()
      AND own.deactivated_at IS NULL AND own.deleted_at IS NULL AND home.deleted_at IS NULL
$$;
