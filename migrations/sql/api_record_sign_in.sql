-- api.record_sign_in(uuid, text)
-- What sign-in leaves behind: the moment on the person, and the event (identity.sign_in, identity.sign_in_refused,
-- identity.sign_out) in the trail, as that person.
CREATE FUNCTION api.record_sign_in(p_user uuid, p_action text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_organization uuid;
BEGIN
    PERFORM set_config('request.jwt.claims', (api.claims() || jsonb_build_object('sub', p_user))::text, true);
    IF p_action = 'identity.sign_in' THEN
        UPDATE users SET last_login_at = now() WHERE id = p_user;
    END IF;
    SELECT organization_id INTO STRICT v_organization FROM users WHERE id = p_user;
    PERFORM api.write_audit(v_organization, p_action, 'users', p_user, '{}', '{}');
END
$$;
