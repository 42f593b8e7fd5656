-- api.count_open_runs(uuid)
-- How many runs of one's own organization's project have not ended, those among them that one may not see.
CREATE FUNCTION api.count_open_runs(p_project uuid) RETURNS integer
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT count(*)::integer FROM orchestration_runs
     WHERE project_id = p_project AND organization_id = api.organization_id()
       AND status IN ('queued', 'running', 'waiting_review', 'paused')
$$;
