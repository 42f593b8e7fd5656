-- api.record_refusal(text)
-- That the person who asks was refused something for want of a permission. One a permission in ten minutes, and sixty an
-- hour, are written: whoever asks in a loop fills no table. Says whether it was written.
CREATE FUNCTION api.record_refusal(p_permission text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_organization uuid := api.organization_id();
    v_person uuid := api.person_id();
BEGIN
    IF v_organization IS NULL THEN
        RAISE EXCEPTION 'nobody asks' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF p_permission !~ '^[a-z_.]{1,60}$' THEN
        RAISE EXCEPTION 'no permission is called so' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM pg_advisory_xact_lock(4717, hashtext(v_person::text)); -- two at once would both be the first
    IF EXISTS (
        SELECT 1
          FROM (SELECT l.new_values ->> 'permission' AS permission, l.created_at,
                       row_number() OVER (ORDER BY l.created_at DESC) AS n
                  FROM audit_logs l
                 WHERE l.organization_id = v_organization AND l.user_id = v_person AND l.action = 'access.refused'
                   AND l.created_at > now() - interval '1 hour'
                 ORDER BY l.created_at DESC LIMIT 60) last
         WHERE last.n >= 60 OR (last.permission = p_permission AND last.created_at > now() - interval '10 minutes'))
    THEN
        RETURN false;
    END IF;
    PERFORM api.write_audit(v_organization, 'access.refused', 'users', v_person, '{}',
                            jsonb_build_object('permission', p_permission));
    RETURN true;
END
$$;
