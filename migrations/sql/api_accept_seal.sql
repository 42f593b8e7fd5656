-- api.accept_seal(uuid, bigint)
-- Lets retention go on past a seal that does not hold, the first of its trail; for the command line. The seal keeps the mark for
-- good, and the trail says who did it: once its entries are gone, verifying still calls it broken. Says whether it was that one.
CREATE FUNCTION api.accept_seal(p_organization uuid, p_number bigint) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_first bigint;
BEGIN
    PERFORM api.require_operator();
    PERFORM pg_advisory_xact_lock(4718, hashtext(p_organization::text)); -- nothing is removed meanwhile
    SELECT least(min(s.number), p_number + 1) INTO v_first
      FROM audit_seals s WHERE s.organization_id = p_organization AND s.removed_at IS NULL;
    IF p_number IS DISTINCT FROM api.first_broken_seal(p_organization, v_first, p_number) THEN
        RETURN false;
    END IF;
    UPDATE audit_seals SET accepted_at = transaction_timestamp()
     WHERE organization_id = p_organization AND number = p_number;
    UPDATE retention_progress SET broken_seal = NULL WHERE organization_id = p_organization AND kind = 'audit';
    PERFORM api.write_audit(p_organization, 'retention.accept', 'retention', NULL, '{}',
                            jsonb_build_object('kind', 'audit', 'seal', p_number));
    RETURN true;
END
$$;
