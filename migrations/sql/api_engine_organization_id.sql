-- api.engine_organization_id()
-- The organization whose run the engine walks, from a setting and no table: it is asked for every statement.
CREATE FUNCTION api.engine_organization_id() RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT nullif(current_setting('app.organization_id', true), '')::uuid $$;
