-- api.keep_an_admin(uuid, uuid)
-- Refuse (AO001) unless another active admin than this person stays in the organization. Two who lower each other at
-- once go one after the other; the second looks again, which only READ COMMITTED does. SECURITY DEFINER because whoever
-- lowers somebody need not see everybody.
CREATE FUNCTION api.keep_an_admin(p_organization uuid, p_user uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF session_user <> 'orchestrator_identity' AND p_organization IS DISTINCT FROM api.organization_id() THEN
        RAISE EXCEPTION 'this organization is not theirs' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'admins are lowered under READ COMMITTED only' USING ERRCODE = 'AO001';
    END IF;
    PERFORM pg_advisory_xact_lock(4714, hashtext(p_organization::text));
    IF NOT EXISTS (SELECT 1 FROM users WHERE organization_id = p_organization AND id <> p_user AND role = 'admin'
                    AND deactivated_at IS NULL AND deleted_at IS NULL) THEN
        RAISE EXCEPTION '% is the last admin of organization %', p_user, p_organization USING ERRCODE = 'AO001';
    END IF;
END
$$;
