-- api.order_archive(uuid)
-- The command line asks for an archive of a project's runs, as a person can on its page.
CREATE FUNCTION api.order_archive(p_project uuid) RETURNS uuid
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    INSERT INTO archives (organization_id, project_id, project_name)
    SELECT organization_id, id, name FROM projects WHERE id = p_project AND status <> 'active'
    RETURNING id
$$;
