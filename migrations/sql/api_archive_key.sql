-- api.archive_key(uuid)
-- By what whoever is at work on an archive holds it: an advisory lock, which ends with their session.
CREATE FUNCTION api.archive_key(p_archive uuid) RETURNS bigint
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT hashtextextended('archive ' || p_archive, 0) $$;
