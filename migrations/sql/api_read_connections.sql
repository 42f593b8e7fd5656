-- api.read_connections()
-- Who is connected to this database, by login and by what they do, the longest transaction of each, and how many
-- connections the server takes in all. Where the owner may not look at others' connections, `state` is NULL.
CREATE FUNCTION api.read_connections()
RETURNS TABLE (login text, state text, number bigint, longest_ms bigint, most integer)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM api.require_operator();
    RETURN QUERY
    SELECT a.usename::text, a.state, count(*),
           (1000 * extract(epoch FROM clock_timestamp() - min(a.xact_start)))::bigint,
           current_setting('max_connections')::integer
      FROM pg_stat_activity a
     WHERE a.datname = current_database() AND a.pid <> pg_backend_pid()
     GROUP BY a.usename, a.state ORDER BY a.usename, a.state;
END
$$;
