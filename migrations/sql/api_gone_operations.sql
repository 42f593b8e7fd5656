-- api.gone_operations(uuid[])
-- Which of these operations have no row (any more), in any organization; and whose database it is, for nobody clears
-- another one's folder.
CREATE FUNCTION api.gone_operations(p_operations uuid[]) RETURNS TABLE (installation_id uuid, gone uuid[])
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT e.installation_id,
           ARRAY(SELECT o FROM unnest(p_operations) AS o WHERE o NOT IN (SELECT i.id FROM integration_operations i
                                                                          WHERE i.id = ANY (p_operations)))
      FROM engine_settings e
$$;
