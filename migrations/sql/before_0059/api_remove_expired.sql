-- api.remove_expired(integer, integer)
-- Removes the next batch of what is due in any organization, at most so many runs or so many rows; a worker asks it now and
-- then. Each kind is due once a day, by UTC, wherever the settings said by then how long it is kept. Says how many rows went, and
-- NULL where nothing is due that nobody else is at. What can't be removed is told of, and tried again an hour later.
CREATE FUNCTION api.remove_expired(p_most_runs integer, p_most_rows integer) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_due record;
    v_gone bigint;
BEGIN
    PERFORM api.note_retention();
    FOR v_due IN
        SELECT o.id AS organization_id, k.kind
          FROM organizations o
         CROSS JOIN unnest(ARRAY['runs', 'usage', 'audit']) AS k(kind)
          JOIN retention_progress p ON p.organization_id = o.id AND p.kind = k.kind
         WHERE o.sample_made_at IS NULL AND (p.failed_at IS NULL OR p.failed_at < now() - interval '1 hour')
           AND (p.days IS NOT NULL AND p.day < (now() AT TIME ZONE 'UTC')::date OR p.ended_at IS NULL)
         ORDER BY p.day, o.id, k.kind
    LOOP
        BEGIN
            v_gone := api.expire(v_due.organization_id, v_due.kind,
                                 CASE v_due.kind WHEN 'runs' THEN p_most_runs ELSE p_most_rows END);
        EXCEPTION
            WHEN query_canceled OR admin_shutdown OR crash_shutdown OR disk_full OR read_only_sql_transaction THEN
                RAISE;
            WHEN deadlock_detected OR lock_not_available THEN
                v_gone := NULL; -- the next time
            WHEN OTHERS THEN
                INSERT INTO retention_progress AS p (organization_id, kind, day, failed_at, failure)
                VALUES (v_due.organization_id, v_due.kind, (now() AT TIME ZONE 'UTC')::date, now(), SQLERRM)
                ON CONFLICT (organization_id, kind) DO UPDATE SET failed_at = now(), failure = excluded.failure;
                v_gone := 0;
        END;
        IF v_gone IS NOT NULL THEN
            RETURN v_gone;
        END IF;
    END LOOP;
    RETURN NULL;
END
$$;
