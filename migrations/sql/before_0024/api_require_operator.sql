-- api.require_operator()
-- Part of what only the installation's operator may do: the person who asks is one, and active, or the command line
-- asks, which comes by the identity login. Claims that are not signed name nobody: api.organization_id() says so. Whoever visits the sample is the person visited, and no operator.
CREATE FUNCTION api.require_operator() RETURNS void
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF session_user <> 'orchestrator_identity' AND NOT EXISTS (
        SELECT 1
        FROM users u
        JOIN organizations o ON o.id = u.organization_id
        WHERE u.id = auth.uid() AND u.organization_id = api.organization_id()
          AND u.is_operator AND o.sample_made_at IS NULL)
    THEN
        RAISE EXCEPTION 'this is for the operator of the installation' USING ERRCODE = 'insufficient_privilege';
    END IF;
END
$$;
