-- api.note_retention()
-- Part of api.remove_expired: notes for how long organizations keep things. What is set anew, or is to be kept for a shorter time
-- than before, begins anew; it counts as done for today, and until when it waits api.watch_retention has noted.
CREATE FUNCTION api.note_retention() RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_today CONSTANT date := (now() AT TIME ZONE 'UTC')::date;
    v_new record;
    v_state retention_progress;
BEGIN
    FOR v_new IN
        SELECT o.id AS organization_id, k.kind, api.retention_days(o.settings, k.kind) AS days
          FROM organizations o
         CROSS JOIN unnest(ARRAY['runs', 'usage', 'audit']) AS k(kind)
          LEFT JOIN retention_progress p ON p.organization_id = o.id AND p.kind = k.kind
         WHERE o.sample_made_at IS NULL AND api.retention_days(o.settings, k.kind) IS NOT NULL
           AND (p.days IS NULL OR api.retention_days(o.settings, k.kind) < p.days)
         ORDER BY o.id, k.kind
    LOOP
        SELECT * INTO v_state FROM retention_progress
         WHERE organization_id = v_new.organization_id AND kind = v_new.kind FOR UPDATE;
        IF v_state.ended_at IS NULL AND v_state.id IS NOT NULL THEN
            PERFORM api.tell_removal(v_state);
        END IF;
        INSERT INTO retention_progress (organization_id, kind, day, days, ended_at)
        VALUES (v_new.organization_id, v_new.kind, v_today, v_new.days, now())
        ON CONFLICT (organization_id, kind) DO UPDATE
           SET day = excluded.day, days = excluded.days, ended_at = excluded.ended_at, before = NULL, removed = '{}',
               failed_at = NULL, failure = NULL;
    END LOOP;
    UPDATE retention_progress p SET days = api.retention_days(o.settings, p.kind)
      FROM organizations o
     WHERE o.id = p.organization_id AND p.days IS NOT NULL
       AND p.days IS DISTINCT FROM api.retention_days(o.settings, p.kind);
END
$$;
