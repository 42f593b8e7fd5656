-- api.count_people(uuid[])
-- How many people each of these organizations has who can sign in, for the operator: a page of organizations at a time.
CREATE FUNCTION api.count_people(p_organizations uuid[]) RETURNS TABLE (organization_id uuid, people integer)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    PERFORM api.require_operator();
    RETURN QUERY
    SELECT u.organization_id, count(*)::integer FROM users u
     WHERE u.organization_id = ANY (p_organizations) AND u.deactivated_at IS NULL AND u.deleted_at IS NULL
     GROUP BY u.organization_id;
END
$$;
