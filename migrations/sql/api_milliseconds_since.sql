-- api.milliseconds_since(timestamptz)
-- Whole milliseconds from then to this moment, never more than the specification's INTEGER holds.
CREATE FUNCTION api.milliseconds_since(p_then timestamptz) RETURNS integer
LANGUAGE sql VOLATILE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT least(extract(epoch FROM clock_timestamp() - p_then) * 1000, 2147483647)::integer $$;
