-- api.engine_version()
-- Who speaks the same engine: lib.engine.queue.ENGINE_VERSION, which a test holds to it. Workers take what has theirs.
CREATE FUNCTION api.engine_version() RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, public, pg_temp
AS $$ SELECT 'engine-2' $$;
