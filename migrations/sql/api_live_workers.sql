-- api.live_workers()
-- How many workers hold the lock that says they are alive (class 4711, see lib/engine/lease.py).
CREATE FUNCTION api.live_workers() RETURNS integer
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT count(*)::integer FROM pg_locks
    WHERE locktype = 'advisory' AND classid = 4711 AND objsubid = 2 AND granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
$$;
