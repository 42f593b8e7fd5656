-- api.may(text)
-- Whether the person who asks holds the permission for every row of the organization, by role or by grant.
CREATE FUNCTION api.may(p_permission text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT EXISTS (
        SELECT 1 FROM public.users u
        WHERE u.id = auth.uid() AND u.organization_id = api.organization_id()
          AND (u.permissions ? p_permission OR api.role_grants(u.role) ->> p_permission = 'organization'))
$$;
