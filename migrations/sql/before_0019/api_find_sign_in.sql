-- api.find_sign_in(text)
-- Whom a name belongs to, by e-mail or user name: what sign-in needs and no more. Nobody is deleted or deactivated
-- into another answer: the caller decides, and says the same words.
CREATE FUNCTION api.find_sign_in(p_name text)
RETURNS TABLE (user_id uuid, organization_id uuid, email text, username text, full_name text, is_active boolean,
               security_settings jsonb)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT u.id, u.organization_id, u.email, u.username, u.full_name,
           u.deactivated_at IS NULL AND u.deleted_at IS NULL AND o.deleted_at IS NULL,
           coalesce(o.settings -> 'security_settings', '{}')
    FROM users u JOIN organizations o ON o.id = u.organization_id
    WHERE u.email = lower(p_name) OR u.username = lower(p_name)
    LIMIT 1
$$;
