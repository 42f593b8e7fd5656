-- api.use_template(uuid)
-- Counts nothing any more: a launch is counted by its row (api.count_template_run), so nobody counts one that was none.
-- It stays for web processes of the version before, which call it at a launch while the schema is brought up to date.
CREATE FUNCTION api.use_template(p_template uuid) RETURNS void
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, public, pg_temp
AS $$ SELECT $$;
