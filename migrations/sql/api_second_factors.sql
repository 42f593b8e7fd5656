-- api.second_factors(uuid[])
-- Which of these people sign in with a second factor, for whoever may see people: no row for anybody of another
-- organization, none at all without users.view. What the factor is, and all else of a credential, is nobody's to read.
CREATE FUNCTION api.second_factors(p_users uuid[]) RETURNS TABLE (user_id uuid, has_second_factor boolean)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT u.id, EXISTS (SELECT 1 FROM user_credentials c WHERE c.user_id = u.id AND c.totp_enabled_at IS NOT NULL)
    FROM users u
    WHERE u.id = ANY (p_users) AND u.organization_id = (SELECT api.organization_id())
      AND (SELECT api.may('users.view'))
$$;
