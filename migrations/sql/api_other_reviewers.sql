-- api.other_reviewers(text[])
-- How many people of one's own organization beside who asks may decide at a gate that names these: a number, for
-- permissions are not everybody's to read. Who sees only what they made does not see another's run.
CREATE FUNCTION api.other_reviewers(p_reviewers text[]) RETURNS integer
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT count(*)::integer FROM users u JOIN organizations o ON o.id = u.organization_id
     WHERE u.organization_id = api.organization_id() AND u.id <> api.person_id()
       AND u.deactivated_at IS NULL AND u.deleted_at IS NULL
       AND api.rights(u.role, u.permissions) ? 'orchestrations.review'
       AND api.is_reviewer(p_reviewers, NULL, u.role, u.id) AND NOT api.is_own_only(u.role, o.settings)
$$;
