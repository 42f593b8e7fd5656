-- api.count_locked_out(integer)
-- How many active people of one's own organization have no second factor and would be let do nothing but set one up, at
-- once, were it required with so many days of grace; and whether who asks is one of them. Counted from where
-- api.find_living_session counts; where none is required yet, from now. For who may edit the organization, and may not
-- see its people perhaps: a number only.
CREATE FUNCTION api.count_locked_out(p_grace_days integer) RETURNS TABLE (people integer, is_oneself boolean)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT count(*)::integer, coalesce(bool_or(u.id = auth.uid()), false)
      FROM users u
      JOIN organizations o ON o.id = u.organization_id
     WHERE o.id = api.organization_id() AND api.may('organization.edit')
       AND u.deactivated_at IS NULL AND u.deleted_at IS NULL
       AND NOT EXISTS (SELECT 1 FROM user_credentials c WHERE c.user_id = u.id AND c.totp_enabled_at IS NOT NULL)
       AND greatest(coalesce(o.second_factor_required_at, now()), u.created_at)
           + make_interval(hours => 24 * p_grace_days) <= now()
$$;
