-- api.require_auditor(uuid)
-- Part of what verifies seals: who asks may read the trail of that organization, which is their own, or the command line
-- asks, which comes by the identity login and names nobody.
CREATE FUNCTION api.require_auditor(p_organization uuid) RETURNS void
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF session_user = 'orchestrator_identity' AND auth.uid() IS NULL THEN
        RETURN;
    END IF;
    IF p_organization IS DISTINCT FROM api.organization_id() OR NOT coalesce(api.may('audit.view'), false) THEN
        RAISE EXCEPTION 'this trail is not theirs to read' USING ERRCODE = 'insufficient_privilege';
    END IF;
END
$$;
