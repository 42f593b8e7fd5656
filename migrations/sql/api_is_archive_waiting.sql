-- api.is_archive_waiting()
-- Whether there is an archive for a worker to do something about, in whatever organization; yes or no, and no more.
CREATE FUNCTION api.is_archive_waiting() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT EXISTS (
        SELECT 1 FROM archives
         WHERE status IN ('asked', 'making', 'restoring', 'removing') AND next_at <= now())
$$;
