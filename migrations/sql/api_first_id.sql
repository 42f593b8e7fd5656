-- api.first_id(timestamp with time zone)
-- Where ids begin that api.uuid7 makes at that moment: it is less than all of them, and more than all from before.
CREATE FUNCTION api.first_id(p_moment timestamptz) RETURNS uuid
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT (lpad(to_hex((extract(epoch FROM p_moment) * 1000)::bigint), 12, '0') || '70008000000000000000')::uuid
$$;
