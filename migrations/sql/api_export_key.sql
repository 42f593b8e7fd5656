-- api.export_key(uuid)
-- By what the worker that is at an export holds it: an advisory lock, which ends with its session.
CREATE FUNCTION api.export_key(p_export uuid) RETURNS bigint
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT hashtextextended('export ' || p_export, 0) $$;
