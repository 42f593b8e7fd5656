-- api.end_sessions(uuid)
-- Ends every living session of a person of one's own organization who has no rights beyond one's own, and returns how
-- many that were.
CREATE FUNCTION api.end_sessions(p_user uuid) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_organization uuid := api.organization_id();
    v_ended integer;
BEGIN
    IF NOT (api.may('users.deactivate') OR api.may('users.edit'))
       OR NOT EXISTS (
           SELECT 1 FROM users u, users me WHERE u.id = p_user AND u.organization_id = v_organization
              AND me.id = auth.uid() AND api.covers(api.rights(me.role, me.permissions), api.rights(u.role, u.permissions)))
    THEN
        RAISE EXCEPTION 'these sessions are not theirs to end' USING ERRCODE = 'insufficient_privilege';
    END IF;
    UPDATE user_sessions SET revoked_at = now()
     WHERE user_id = p_user AND revoked_at IS NULL AND expires_at > now();
    GET DIAGNOSTICS v_ended = ROW_COUNT;
    IF v_ended > 0 THEN
        PERFORM api.write_audit(v_organization, 'identity.end_sessions', 'users', p_user, '{}',
                                jsonb_build_object('sessions', v_ended));
    END IF;
    RETURN v_ended;
END
$$;
