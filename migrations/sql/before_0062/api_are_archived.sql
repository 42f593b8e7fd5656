-- api.are_archived(uuid, uuid[])
-- Whether all of these runs are in that archive. Asked of each part that comes back, so by the index of what is in
-- archives, even where the table has few rows: going through all ids of an archive each time, one of ten times as many
-- runs would take a hundred times as long.
CREATE FUNCTION api.are_archived(p_archive uuid, p_runs uuid[]) RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp
SET enable_seqscan = off
AS $$
    SELECT coalesce(bool_or(found.id = p_archive), false)
      FROM (SELECT id FROM archives WHERE run_ids @> p_runs OFFSET 0) AS found
$$;
