-- api.is_project_held(uuid)
-- The same of a project of one's own organization, for people who may not read the holds themselves; yes or no.
CREATE FUNCTION api.is_project_held(p_project uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$ SELECT api.is_held(api.organization_id(), p_project) $$;
