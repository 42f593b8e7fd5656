-- api.read_indexes()
-- Our indexes: how large, how often one was read since the server began to count, and whether it is there to hold a rule,
-- for which it need never be read.
CREATE FUNCTION api.read_indexes()
RETURNS TABLE (name text, table_name text, bytes bigint, scans bigint, last_scan timestamptz, is_rule boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM api.require_operator();
    RETURN QUERY
    SELECT s.indexrelname::text, s.relname::text, pg_relation_size(s.indexrelid), s.idx_scan,
           (to_jsonb(s) ->> 'last_idx_scan')::timestamptz, i.indisunique OR i.indisexclusion
      FROM pg_stat_user_indexes s
      JOIN pg_index i ON i.indexrelid = s.indexrelid
     WHERE s.schemaname = 'public'
     ORDER BY pg_relation_size(s.indexrelid) DESC;
END
$$;
