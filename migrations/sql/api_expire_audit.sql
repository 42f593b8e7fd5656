-- api.expire_audit(uuid, timestamptz, integer)
-- Part of api.expire: removes what whole seals cover of a trail, from before that moment, at most so many entries at once. The
-- seals stay, marked, so that what follows on them can be verified; one entry, which is sealed itself, says up to which.
-- Each is verified first: from one on that does not hold everything stays, and the trail says so once.
CREATE FUNCTION api.expire_audit(p_organization uuid, p_before timestamptz, p_most integer) RETURNS jsonb
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_first bigint;
    v_last bigint;
    v_broken bigint;
    v_after uuid;
    v_through uuid;
    v_count bigint;
BEGIN
    SELECT min(e.number), max(e.number) INTO v_first, v_last
      FROM api.expired_seals(p_organization, p_before, p_most) e;
    IF v_first IS NULL THEN
        RETURN NULL;
    END IF;
    v_broken := api.first_broken_seal(p_organization, v_first, v_last);
    v_last := least(v_last, v_broken - 1);
    IF v_last >= v_first THEN
        FOR v_number IN v_first .. v_last LOOP -- one after another, as api.keep_seals asks
            UPDATE audit_seals SET removed_at = transaction_timestamp()
             WHERE organization_id = p_organization AND number = v_number;
        END LOOP;
        SELECT (array_agg(s.after_id ORDER BY s.number))[1], (array_agg(s.through_id ORDER BY s.number DESC))[1]
          INTO v_after, v_through
          FROM audit_seals s WHERE s.organization_id = p_organization AND s.number BETWEEN v_first AND v_last;
        -- api.keep_audit lets go of what is under a seal that was marked in this transaction
        DELETE FROM audit_logs WHERE organization_id = p_organization AND id > v_after AND id <= v_through;
        GET DIAGNOSTICS v_count = ROW_COUNT;
        PERFORM api.write_audit(p_organization, 'retention.remove', 'retention', NULL, '{}', jsonb_build_object(
            'kind', 'audit', 'before', p_before, 'entries', v_count, 'first_seal', v_first, 'last_seal', v_last));
    END IF;
    UPDATE retention_progress SET broken_seal = v_broken
     WHERE organization_id = p_organization AND kind = 'audit' AND broken_seal IS DISTINCT FROM v_broken;
    IF FOUND AND v_broken IS NOT NULL THEN
        PERFORM api.write_audit(p_organization, 'retention.stop', 'retention', NULL, '{}', jsonb_build_object(
            'kind', 'audit', 'before', p_before, 'seal', v_broken));
    END IF;
    IF v_last >= v_first THEN
        RETURN jsonb_build_object('entries', v_count, 'seals', v_last - v_first + 1);
    END IF;
    RETURN NULL;
END
$$;
