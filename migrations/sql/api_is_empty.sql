-- api.is_empty()
-- Whether the installation has no organization yet and may be set up.
CREATE FUNCTION api.is_empty() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$ SELECT NOT EXISTS (SELECT 1 FROM organizations) $$;
