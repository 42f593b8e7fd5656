-- api.expire(uuid, text, integer)
-- Removes the next batch of what an organization has set to be kept no longer: runs, usage or audit. All of it is one
-- transaction, so whoever is killed in the middle has done nothing, and another one goes on. Says how many rows went, 0 at
-- the end of the day's work, which one entry of the trail tells of; and NULL where somebody else is at it.
CREATE FUNCTION api.expire(p_organization uuid, p_kind text, p_most integer) RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_today CONSTANT date := (now() AT TIME ZONE 'UTC')::date;
    v_before timestamptz;
    v_gone jsonb;
    v_state retention_progress;
BEGIN
    IF NOT pg_try_advisory_xact_lock(4718, hashtext(p_organization::text)) THEN
        RETURN NULL;
    END IF;
    SELECT api.cut_off(p_kind, api.retention_days(o.settings, p_kind)) INTO v_before
      FROM organizations o WHERE o.id = p_organization AND o.sample_made_at IS NULL;
    SELECT * INTO v_state FROM retention_progress
     WHERE organization_id = p_organization AND kind = p_kind FOR UPDATE;
    IF v_state.id IS NULL AND v_before IS NULL THEN
        RETURN 0;
    END IF;
    IF v_state.day < v_today AND v_state.ended_at IS NULL THEN
        PERFORM api.tell_removal(v_state); -- nobody has come to the end of it on its day
    END IF;
    IF v_state.id IS NULL OR v_state.day < v_today OR v_state.ended_at IS NOT NULL THEN
        INSERT INTO retention_progress AS p (organization_id, kind, day, days)
        SELECT p_organization, p_kind, v_today, api.retention_days(o.settings, p_kind)
          FROM organizations o WHERE o.id = p_organization
        ON CONFLICT (organization_id, kind) DO UPDATE
           SET day = excluded.day, days = excluded.days, removed = '{}', ended_at = NULL, failed_at = NULL, failure = NULL
        RETURNING p.* INTO v_state;
    END IF;
    IF v_before IS NOT NULL THEN
        EXECUTE format('SELECT api.expire_%s($1, $2, $3)', p_kind) INTO v_gone USING p_organization, v_before, p_most;
    END IF;
    UPDATE retention_progress AS p
       SET before = coalesce(v_before, p.before), failed_at = NULL, failure = NULL,
           removed = (SELECT coalesce(jsonb_object_agg(k, coalesce((p.removed ->> k)::bigint, 0)
                                                          + coalesce((v_gone ->> k)::bigint, 0)), '{}')
                        FROM jsonb_object_keys(p.removed || coalesce(v_gone, '{}')) AS k),
           ended_at = CASE WHEN v_gone IS NULL THEN clock_timestamp() END
     WHERE p.id = v_state.id
    RETURNING p.* INTO v_state;
    IF v_gone IS NULL THEN
        PERFORM api.tell_removal(v_state);
        RETURN 0;
    END IF;
    -- seals stay; that nothing stood under them any more is no end of it
    RETURN greatest(1, (SELECT sum(value::bigint) FROM jsonb_each_text(v_gone) WHERE key <> 'seals'));
END
$$;
