-- api.read_turns(uuid)
-- How many runs of one's own organization hold a place, how many may, how many wait for one, and which of these the
-- given run is, counted from 1; NULL where it does not wait. Numbers only, of runs that not everybody may see.
CREATE FUNCTION api.read_turns(p_run uuid) RETURNS TABLE (admitted integer, most integer, waiting integer, place integer)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    WITH line AS (
        SELECT id, row_number() OVER (
                   ORDER BY array_position(ARRAY['urgent', 'high', 'normal', 'low'], priority::text), created_at, id) AS n
          FROM orchestration_runs
         WHERE organization_id = api.organization_id() AND status IN ('queued', 'running') AND admitted_at IS NULL)
    SELECT (SELECT count(*)::integer FROM orchestration_runs
             WHERE organization_id = o.id AND admitted_at IS NOT NULL),
           api.most_runs(o.id),
           (SELECT count(*)::integer FROM line),
           (SELECT n::integer FROM line WHERE id = p_run)
      FROM organizations o WHERE o.id = api.organization_id()
$$;
