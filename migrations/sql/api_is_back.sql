-- api.is_back(uuid)
-- Whether all runs of an archive are here as they were saved: with every row, by the columns of then.
CREATE FUNCTION api.is_back(p_archive uuid) RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT a.tables = api.sum_runs(
               a.organization_id,
               ARRAY(SELECT run_id FROM archived_runs WHERE organization_id = a.organization_id AND archive_id = a.id),
               (SELECT jsonb_object_agg(key, value -> 'columns') FROM jsonb_each(a.tables)))
      FROM archives a WHERE a.id = p_archive
$$;
