-- api.deletion_delay()
-- How long an organization waits between the wish to delete it and its end.
CREATE FUNCTION api.deletion_delay() RETURNS interval
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT interval '14 days' $$;
