-- api.find_offered(uuid, integer)
-- The template's id where that version of it is the one that every organization is offered; else NULL.
CREATE FUNCTION api.find_offered(p_template uuid, p_version integer) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT id FROM orchestration_templates
     WHERE id = p_template AND version = p_version AND is_public AND status = 'published' AND deleted_at IS NULL
       AND api.organization_id() IS NOT NULL
$$;
