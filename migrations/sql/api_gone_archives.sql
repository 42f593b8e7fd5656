-- api.gone_archives(uuid[])
-- Which of these archives have no row (any more), in any organization; and whose database it is.
CREATE FUNCTION api.gone_archives(p_archives uuid[]) RETURNS TABLE (installation_id uuid, gone uuid[])
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT e.installation_id,
           ARRAY(SELECT asked FROM unnest(p_archives) AS asked
                  WHERE NOT EXISTS (SELECT 1 FROM archives a WHERE a.id = asked))
      FROM engine_settings e
$$;
