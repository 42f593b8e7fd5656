-- api.report_people(uuid, timestamp with time zone, uuid, integer)
-- The next people of an organization after that one, as they are now, whoever was deactivated or removed among them, and
-- when the trail saw each of them sign in last before that moment.
CREATE FUNCTION api.report_people(p_organization uuid, p_before timestamptz, p_after uuid, p_most integer)
RETURNS TABLE (id uuid, full_name text, username text, email text, role text, permissions jsonb,
               created_at timestamptz, deactivated_at timestamptz, deleted_at timestamptz, is_operator boolean, totp_enabled_at timestamptz,
               last_login_at timestamptz, seen_at timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    PERFORM api.require_auditor(p_organization);
    RETURN QUERY
    SELECT u.id, u.full_name::text, u.username::text, u.email::text, u.role::text, u.permissions, u.created_at,
           u.deactivated_at, u.deleted_at, u.is_operator, c.totp_enabled_at, u.last_login_at, s.seen_at
      FROM users u
      LEFT JOIN user_credentials c ON c.user_id = u.id
      LEFT JOIN (SELECT l.user_id, max(l.created_at) AS seen_at FROM audit_logs l
                  WHERE l.organization_id = p_organization AND l.action = 'identity.sign_in'
                    AND l.created_at < p_before
                  GROUP BY l.user_id) s ON s.user_id = u.id
     WHERE u.organization_id = p_organization AND u.id > p_after
     ORDER BY u.id LIMIT p_most;
END
$$;
