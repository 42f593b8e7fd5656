-- api.open_usage_hours()
-- Whoever writes usage says of which hours: until those are rolled up (api.roll_up_usage) they are read from the rows
-- themselves. The lock is shared with other writers and keeps the organization's hours from being rolled up meanwhile, so
-- no row comes into an hour that was rolled up without it. Whose template a call was is written to it as its run is
-- removed (api.remove_runs), which changes no sum.
CREATE FUNCTION api.open_usage_hours() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN -- by itself, for where rows are inserted there is no table of what was
        IF NOT EXISTS (SELECT 1 FROM written w JOIN was o ON o.id = w.id
                        WHERE to_jsonb(w) - 'template_id' IS DISTINCT FROM to_jsonb(o) - 'template_id') THEN
            RETURN NULL;
        END IF;
    END IF;
    PERFORM pg_advisory_xact_lock_shared(4715, hashtext(w.organization_id::text))
       FROM (SELECT DISTINCT organization_id FROM written) w;
    INSERT INTO usage_open_hours (organization_id, hour)
    SELECT w.organization_id, w.hour
      FROM (SELECT DISTINCT organization_id, date_trunc('hour', created_at, 'UTC') AS hour FROM written) w
     WHERE NOT EXISTS (SELECT 1 FROM usage_open_hours o
                        WHERE o.organization_id = w.organization_id AND o.hour = w.hour);
    RETURN NULL;
END
$$;
