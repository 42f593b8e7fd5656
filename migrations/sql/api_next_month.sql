-- api.next_month()
-- The first moment of the next calendar month in UTC: when a quota's period ends.
CREATE FUNCTION api.next_month() RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT (date_trunc('month', now() AT TIME ZONE 'UTC') + interval '1 month') AT TIME ZONE 'UTC' $$;
