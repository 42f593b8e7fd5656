-- api.record_event(text, text, uuid, jsonb)
-- What no trigger can see (an export, a refused access): the person who asks writes it about themselves. All other
-- words are those of triggers, sign-in and other functions, so that nobody makes up a change that never was.
CREATE FUNCTION api.record_event(p_action text, p_resource_type text, p_resource_id uuid, p_values jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF api.organization_id() IS NULL THEN
        RAISE EXCEPTION 'nobody asks' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF p_action !~ '^[a-z_]+\.(export|refused)$' THEN
        RAISE EXCEPTION '% is not a person''s to write', p_action USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM api.write_audit(api.organization_id(), p_action, p_resource_type, p_resource_id, '{}', p_values);
END
$$;
