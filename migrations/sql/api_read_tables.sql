-- api.read_tables()
-- Our tables: how large, how many rows alive and dead by the server's own count, how many came and went since it began to
-- count, and when they were last cleaned up.
CREATE FUNCTION api.read_tables()
RETURNS TABLE (name text, bytes bigint, index_bytes bigint, live_rows bigint, dead_rows bigint, inserted bigint,
               deleted bigint, counted_since timestamptz, vacuumed_at timestamptz, analyzed_at timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM api.require_operator();
    RETURN QUERY
    SELECT s.relname::text, pg_total_relation_size(s.relid), pg_indexes_size(s.relid), s.n_live_tup, s.n_dead_tup,
           s.n_tup_ins, s.n_tup_del, d.stats_reset, greatest(s.last_vacuum, s.last_autovacuum),
           greatest(s.last_analyze, s.last_autoanalyze)
      FROM pg_stat_user_tables s, pg_stat_database d
     WHERE d.datname = current_database() AND s.schemaname = 'public'
     ORDER BY pg_total_relation_size(s.relid) DESC;
END
$$;
