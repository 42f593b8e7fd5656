-- api.find_template(uuid)
-- The template's id where the person who asks can see it: their organization's own, or a public one; else NULL. The one
-- rule for what is launched, forked and read in its versions; SECURITY DEFINER because the table's own guard asks it.
CREATE FUNCTION api.find_template(p_template uuid) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT id FROM orchestration_templates
    WHERE id = p_template AND deleted_at IS NULL
      AND (organization_id = api.organization_id()
           OR is_public AND status = 'published' AND api.organization_id() IS NOT NULL)
$$;
