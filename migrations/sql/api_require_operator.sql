-- api.require_operator()
-- Part of what only the installation's operator may do: the person who asks is one, and active, or the command line
-- asks, which comes by the identity login. Whoever visits the sample is the person visited, and no operator.
CREATE FUNCTION api.require_operator() RETURNS void
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_claims jsonb := api.claims();
BEGIN
    IF session_user <> 'orchestrator_identity' AND NOT EXISTS (
        SELECT 1
        FROM users u
        JOIN organizations o ON o.id = u.organization_id
        WHERE u.id = (v_claims ->> 'sub')::uuid AND u.organization_id = (v_claims ->> 'organization')::uuid
          AND u.is_operator AND u.deactivated_at IS NULL AND u.deleted_at IS NULL
          AND o.deleted_at IS NULL AND o.suspended_at IS NULL AND o.sample_made_at IS NULL)
    THEN
        RAISE EXCEPTION 'this is for the operator of the installation' USING ERRCODE = 'insufficient_privilege';
    END IF;
END
$$;
