-- api.other_approvers(uuid)
-- How many people beside who asks could approve what a run of one's own organization does outside: never who launched it,
-- nor who has written a part of it. A number, for permissions are not everybody's to read; NULL for a run that is not the
-- person's to see.
CREATE FUNCTION api.other_approvers(p_run uuid) RETURNS integer
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT (SELECT count(*)::integer FROM users u JOIN organizations o ON o.id = u.organization_id
             WHERE u.organization_id = r.organization_id AND u.id NOT IN (r.user_id, api.person_id())
               AND u.deactivated_at IS NULL AND u.deleted_at IS NULL
               AND api.rights(u.role, u.permissions) ? 'orchestrations.review'
               AND NOT api.is_own_only(u.role, o.settings)
               AND u.id NOT IN (SELECT api.run_editors(r.id)))
      FROM orchestration_runs r
     WHERE r.id = p_run AND r.organization_id = api.organization_id()
       AND (api.sees_all() OR r.user_id = api.person_id())
$$;
