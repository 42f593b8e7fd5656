-- api.read_sizes()
-- How large the database was on each day that was noted (under no name), and is now (on no day); of each table the newest
-- day, and the last days a week and a month before that.
CREATE FUNCTION api.read_sizes() RETURNS TABLE (taken_on date, name text, bytes bigint, live_rows bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    PERFORM api.require_operator();
    RETURN QUERY
    WITH noted AS (
        SELECT s.taken_on FROM size_samples s WHERE s.name = ''),
    wanted AS (
        SELECT (SELECT n.taken_on FROM noted n
                 WHERE n.taken_on <= l.taken_on - d.days ORDER BY n.taken_on DESC LIMIT 1) AS taken_on
          FROM (SELECT max(n.taken_on) AS taken_on FROM noted n) l, unnest('{0, 7, 30}'::integer[]) AS d (days))
    SELECT s.taken_on, s.name, s.bytes, s.live_rows
      FROM size_samples s
     WHERE s.name = '' OR s.taken_on IN (SELECT w.taken_on FROM wanted w)
    UNION ALL
    SELECT NULL, '', pg_database_size(current_database()), 0
     ORDER BY 2, 1;
END
$$;
