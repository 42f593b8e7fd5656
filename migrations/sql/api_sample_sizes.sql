-- api.sample_sizes()
-- Notes how large each table is today, and the database as a whole (under no name), unless that was done today; what is
-- older than a year goes. Says how many were noted. However many workers ask at once, each day is noted once.
CREATE FUNCTION api.sample_sizes() RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_today CONSTANT date := (now() AT TIME ZONE 'UTC')::date;
    v_count integer;
BEGIN
    IF NOT pg_try_advisory_xact_lock(4720) OR EXISTS (SELECT FROM size_samples s WHERE s.taken_on = v_today) THEN
        RETURN 0;
    END IF;
    DELETE FROM size_samples s WHERE s.taken_on < v_today - 366;
    INSERT INTO size_samples (taken_on, name, bytes, live_rows)
    SELECT v_today, '', pg_database_size(current_database()), sum(t.n_live_tup)
      FROM pg_stat_user_tables t WHERE t.schemaname = 'public'
    UNION ALL
    SELECT v_today, t.relname, pg_total_relation_size(t.relid), t.n_live_tup
      FROM pg_stat_user_tables t WHERE t.schemaname = 'public';
    GET DIAGNOSTICS v_count = ROW_COUNT;
    RETURN v_count;
END
$$;
