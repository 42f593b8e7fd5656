-- api.operators()
-- Who runs the installation, and stays: active, and of an organization that is neither suspended nor about to end.
CREATE FUNCTION api.operators() RETURNS SETOF uuid
LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT u.id FROM users u JOIN organizations o ON o.id = u.organization_id
     WHERE u.is_operator AND u.deactivated_at IS NULL AND u.deleted_at IS NULL
       AND o.suspended_at IS NULL AND o.deletes_at IS NULL AND o.deleted_at IS NULL
$$;
