-- api.find_template(uuid)
-- The template's id where the person who asks can see it, as the view `readable_templates` says it: their organization's
-- own, a draft only where it is theirs to write or to decide about, or a public one of an organization that is there; else
-- NULL. The one rule for what runs and forks may refer to; SECURITY DEFINER because the table's own guard asks it.
CREATE FUNCTION api.find_template(p_template uuid) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT t.id FROM orchestration_templates t
     WHERE t.id = p_template AND t.deleted_at IS NULL AND api.organization_id() IS NOT NULL
       AND (t.organization_id = api.organization_id()
            AND (t.status NOT IN ('draft', 'in_review') OR t.created_by = auth.uid() OR api.may('templates.edit')
                 OR t.status = 'in_review' AND api.may('templates.publish'))
            OR t.is_public AND t.status = 'published'
               AND (t.organization_id IS NULL OR EXISTS (
                   SELECT 1 FROM organizations o
                    WHERE o.id = t.organization_id AND o.deleted_at IS NULL AND o.suspended_at IS NULL)))
$$;
