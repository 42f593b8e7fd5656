-- api.require_operator()
-- Part of what only the installation's operator may do: the person who asks is one, and active, or the command line or
-- the first set-up asks, which come by the identity login and name nobody. That login may name whom it serves; whom others
-- name without a signature is nobody: api.organization_id() says so. Whoever visits the sample is the person visited, and no
-- operator.
CREATE FUNCTION api.require_operator() RETURNS void
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF session_user = 'orchestrator_identity' AND auth.uid() IS NULL THEN
        RETURN;
    END IF;
    IF NOT EXISTS (
        SELECT 1
        FROM users u
        JOIN organizations o ON o.id = u.organization_id
        WHERE u.id = auth.uid() AND u.is_operator AND o.sample_made_at IS NULL
          AND CASE session_user
                  WHEN 'orchestrator_identity' THEN
                      u.deactivated_at IS NULL AND u.deleted_at IS NULL AND o.suspended_at IS NULL AND o.deleted_at IS NULL
                  ELSE u.organization_id = api.organization_id() END)
    THEN
        RAISE EXCEPTION 'this is for the operator of the installation' USING ERRCODE = 'insufficient_privilege';
    END IF;
END
$$;
