-- api.is_project_held(uuid)
-- Whether a legal hold keeps what belongs to a project of one's own organization, for people who may not read
-- the holds themselves; yes or no.
CREATE FUNCTION api.is_project_held(p_project uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$ SELECT api.is_kept(api.organization_id(), p_project) $$;
