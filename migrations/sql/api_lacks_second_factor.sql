-- api.lacks_second_factor(uuid)
-- Part of what lets a worker speak for a person: whether their session would open nothing but the set-up of their second
-- factor, for their organization asks for one and the days of grace are over (see api.find_living_session).
CREATE FUNCTION api.lacks_second_factor(p_person uuid) RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT o.second_factor_required_at IS NOT NULL
           AND greatest(o.second_factor_required_at, u.created_at) + make_interval(hours => 24 * CASE
                   WHEN jsonb_typeof(o.settings #> '{security_settings,grace_days}') = 'number'
                   THEN least(greatest((o.settings #> '{security_settings,grace_days}')::numeric, 0), 90)::int
                   ELSE 7 END) <= now()
           AND NOT EXISTS (SELECT 1 FROM user_credentials c WHERE c.user_id = u.id AND c.totp_enabled_at IS NOT NULL)
      FROM users u JOIN organizations o ON o.id = u.organization_id
     WHERE u.id = p_person
$$;
