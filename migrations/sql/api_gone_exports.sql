-- api.gone_exports(uuid[])
-- Which of these exports have no row (any more), in any organization; and whose database it is.
CREATE FUNCTION api.gone_exports(p_exports uuid[]) RETURNS TABLE (installation_id uuid, gone uuid[])
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT e.installation_id,
           ARRAY(SELECT asked FROM unnest(p_exports) AS asked
                  WHERE NOT EXISTS (SELECT 1 FROM export_jobs j WHERE j.id = asked))
      FROM engine_settings e
$$;
