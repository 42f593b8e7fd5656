-- api.require_governor(uuid)
-- Part of what shows what retention would remove: who asks governs that organization, which is their own, or the command line
-- asks, which comes by the identity login and names nobody.
CREATE FUNCTION api.require_governor(p_organization uuid) RETURNS void
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF session_user = 'orchestrator_identity' AND auth.uid() IS NULL THEN
        RETURN;
    END IF;
    IF p_organization IS DISTINCT FROM api.organization_id() OR NOT coalesce(api.may('organization.edit'), false) THEN
        RAISE EXCEPTION 'this organization is not theirs to govern' USING ERRCODE = 'insufficient_privilege';
    END IF;
END
$$;
