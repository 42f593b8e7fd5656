-- api.find_archive_of(uuid)
-- In which archive a run of one's own organization lies that is not here, for whoever sees what others of it made. Nobody
-- else reads which runs are in which archive.
CREATE FUNCTION api.find_archive_of(p_run uuid) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT a.id FROM archived_runs r JOIN archives a ON a.id = r.archive_id
     WHERE r.run_id = p_run AND r.organization_id = api.organization_id()
       AND a.status IN ('made', 'restoring', 'restored') AND a.removed_at IS NULL AND api.sees_all()
     ORDER BY a.made_at DESC LIMIT 1
$$;
