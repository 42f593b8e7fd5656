-- api.is_restoring()
-- Whether this transaction puts back what is in an archive: what `app.restoring` says counts only where api.restore_rows
-- has noted this transaction in the archive, which nobody else can. Asked for each row that comes back, so by the key.
CREATE FUNCTION api.is_restoring() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT EXISTS (
        SELECT 1 FROM archives
         WHERE id = CASE WHEN current_setting('app.restoring', true) ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
                         THEN current_setting('app.restoring', true)::uuid END
           AND restoring_in = pg_current_xact_id_if_assigned()::text::bigint)
$$;
