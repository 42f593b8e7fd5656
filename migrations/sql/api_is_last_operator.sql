-- api.is_last_operator(uuid)
-- Whether nobody but this person of one's own organization runs the installation, for who may deactivate them: they are
-- told before anything is changed. Of anybody else it says false.
CREATE FUNCTION api.is_last_operator(p_user uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT api.may('users.deactivate')
       AND EXISTS (SELECT 1 FROM users u WHERE u.id = p_user AND u.organization_id = api.organization_id())
       AND ARRAY(SELECT api.operators()) = ARRAY[p_user]
$$;
