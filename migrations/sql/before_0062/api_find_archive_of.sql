-- api.find_archive_of(uuid)
-- In which archive a run of one's own organization lies that is not here, for whoever sees what others of it made. Asked past
-- the policies for the sake of its index.
CREATE FUNCTION api.find_archive_of(p_run uuid) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT id FROM archives
     WHERE organization_id = api.organization_id() AND run_ids @> ARRAY[p_run]
       AND status IN ('made', 'restoring', 'restored') AND removed_at IS NULL AND api.sees_all()
     ORDER BY made_at DESC LIMIT 1
$$;
