-- api.are_archived(uuid, uuid[])
-- Whether all of these runs, each named once, are in that archive. Asked of each part that comes back, so by the key, even
-- where the table has few rows when a session first asks: going through all of it each time, an archive of ten times as
-- many runs would take a hundred times as long.
CREATE FUNCTION api.are_archived(p_archive uuid, p_runs uuid[]) RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp
SET enable_seqscan = off
AS $$
    SELECT count(*) = cardinality(p_runs) FROM archived_runs WHERE run_id = ANY (p_runs) AND archive_id = p_archive
$$;
