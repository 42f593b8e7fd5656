-- api.admit_runs(uuid)
-- Let the organization's waiting runs into the queue, as many as it has room for: by priority, then age, where a day of
-- waiting counts as much as one step of priority, so that nobody waits for ever. Exact whatever happens at once, because
-- the organization's row is locked between counting and admitting; it is the last lock that is waited for, as in
-- api.take_quota. A run that somebody else holds at the moment is passed over: they call this too.
CREATE FUNCTION api.admit_runs(p_organization uuid) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_room integer;
    v_run uuid;
    v_count integer := 0;
BEGIN
    PERFORM 1 FROM organizations WHERE id = p_organization FOR NO KEY UPDATE;
    -- from here on a statement sees whatever was committed before the lock was had
    v_room := api.most_runs(p_organization) - (
        SELECT count(*) FROM orchestration_runs WHERE organization_id = p_organization AND admitted_at IS NOT NULL);
    IF v_room <= 0 THEN
        RETURN 0;
    END IF;
    FOR v_run IN
        SELECT id FROM orchestration_runs
         WHERE organization_id = p_organization AND status IN ('queued', 'running') AND admitted_at IS NULL
         ORDER BY (created_at AT TIME ZONE 'UTC')
                  + interval '24 hours' * array_position(ARRAY['urgent', 'high', 'normal', 'low'], priority::text), id
         LIMIT v_room
           FOR NO KEY UPDATE SKIP LOCKED
    LOOP
        UPDATE orchestration_runs SET admitted_at = clock_timestamp() WHERE id = v_run;
        PERFORM api.queue_run(p_organization, v_run);
        v_count := v_count + 1;
    END LOOP;
    RETURN v_count;
END
$$;
