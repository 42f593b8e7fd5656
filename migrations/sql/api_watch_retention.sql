-- api.watch_retention()
-- What is set to be kept for a shorter time than before, or no longer for ever, waits for 24 hours from this moment on: until
-- then it can be taken back. A batch that is under way ends before it is set.
CREATE FUNCTION api.watch_retention() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    INSERT INTO retention_progress (organization_id, kind, day, days, ended_at, waits_until)
    SELECT NEW.id, kept.kind, (now() AT TIME ZONE 'UTC')::date, kept.days, now(),
           clock_timestamp() + interval '24 hours'
      FROM (SELECT k.kind, api.retention_days(OLD.settings, k.kind) AS days_before,
                   api.retention_days(NEW.settings, k.kind) AS days
              FROM unnest(ARRAY['runs', 'usage', 'audit']) AS k(kind)) AS kept
     WHERE NEW.sample_made_at IS NULL AND kept.days IS NOT NULL
       AND (kept.days_before IS NULL OR kept.days < kept.days_before)
     ORDER BY kept.kind
    ON CONFLICT (organization_id, kind) DO UPDATE SET waits_until = excluded.waits_until;
    RETURN NULL;
END
$$;
