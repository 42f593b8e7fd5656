-- api.require_in(uuid, text)
-- Part of what people may ask of an organization that is not named by their claims: it is their own and they have that
-- permission, or the command line asks, which comes by the identity login and names nobody.
CREATE FUNCTION api.require_in(p_organization uuid, p_permission text) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF session_user = 'orchestrator_identity' AND auth.uid() IS NULL THEN
        RETURN;
    END IF;
    IF p_organization IS DISTINCT FROM api.organization_id() OR NOT coalesce(api.may(p_permission), false) THEN
        RAISE EXCEPTION 'they have no % in this organization', p_permission USING ERRCODE = 'insufficient_privilege';
    END IF;
END
$$;
