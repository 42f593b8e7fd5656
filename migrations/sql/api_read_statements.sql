-- api.read_statements(integer)
-- The statements that took most of the time, of all logins to this database: their text without the values, as the
-- extension pg_stat_statements keeps it. Nothing where it is not there, or where its owner may not read it.
CREATE FUNCTION api.read_statements(p_most integer)
RETURNS TABLE (login text, statement text, calls bigint, total_ms double precision, longest_ms double precision,
               returned bigint, share double precision, counted_since timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM api.require_operator();
    IF to_regclass('monitoring.pg_stat_statements') IS NULL
       OR NOT pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')
    THEN
        RETURN;
    END IF;
    RETURN QUERY EXECUTE
        'SELECT r.rolname::text, s.query, s.calls, s.total_exec_time, s.max_exec_time, s.rows,
                s.total_exec_time / nullif(sum(s.total_exec_time) OVER (), 0), i.stats_reset
           FROM monitoring.pg_stat_statements s
           JOIN pg_roles r ON r.oid = s.userid
          CROSS JOIN monitoring.pg_stat_statements_info i
          WHERE s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND s.toplevel
            AND s.query ~* ''^\s*(select|insert|update|delete|with|merge)\M''
          ORDER BY s.total_exec_time DESC LIMIT $1'
        USING p_most;
EXCEPTION WHEN object_not_in_prerequisite_state THEN
    RETURN;  -- it is made, and the server was started without it
END
$$;
