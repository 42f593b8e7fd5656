-- api.read_tightest()
-- Of each table the fewest bytes that a row of it has taken, with indexes and free room, on any day that was noted: how
-- tightly its rows can lie. Days on which it had fewer than a thousand rows say nothing.
CREATE FUNCTION api.read_tightest() RETURNS TABLE (name text, row_bytes double precision)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    PERFORM api.require_operator();
    RETURN QUERY
    SELECT s.name::text, min(s.bytes::double precision / s.live_rows) FROM size_samples s
     WHERE s.name <> '' AND s.live_rows >= 1000
     GROUP BY s.name;
END
$$;
