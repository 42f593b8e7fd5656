-- api.launched_in()
-- The projects in which the person who asks has launched runs. SECURITY DEFINER because the policy of `projects` asks it,
-- and that of `orchestration_runs` asks back.
CREATE FUNCTION api.launched_in() RETURNS uuid[]
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT coalesce(array_agg(DISTINCT project_id), '{}') FROM orchestration_runs
     WHERE organization_id = api.organization_id() AND user_id = auth.uid()
$$;
