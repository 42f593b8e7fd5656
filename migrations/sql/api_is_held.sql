-- api.is_held(uuid, uuid)
-- Whether a legal hold keeps what belongs to this project: one on it, or on all of its organization.
CREATE FUNCTION api.is_held(p_organization uuid, p_project uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT EXISTS (
        SELECT 1 FROM legal_holds
         WHERE organization_id = p_organization AND released_at IS NULL
           AND (project_id IS NULL OR project_id = p_project))
$$;
