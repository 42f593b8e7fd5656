-- api.expire_now(uuid, text, integer, boolean)
-- The same for one organization at once, whatever was done today; for the command line. What was set or shortened in the
-- last 24 hours stays, as it does for workers, unless that is waived.
CREATE FUNCTION api.expire_now(p_organization uuid, p_kind text, p_most integer, p_is_waived boolean) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    PERFORM api.require_operator();
    IF p_kind <> ALL (ARRAY['runs', 'usage', 'audit']) THEN
        RAISE EXCEPTION 'nothing of the kind % is removed', p_kind USING ERRCODE = 'check_violation';
    END IF;
    PERFORM api.note_retention();
    -- from here on whoever shortens it waits for this batch
    PERFORM 1 FROM retention_progress p
      WHERE p.organization_id = p_organization AND p.kind = p_kind AND (p_is_waived OR p.waits_until <= now())
        FOR UPDATE;
    IF NOT FOUND THEN
        RETURN 0;
    END IF;
    RETURN api.expire(p_organization, p_kind, p_most);
END
$$;
