-- api.find_sample()
-- The sample workspace and its people who may look around in it; no rows where there is none. The order is that of
-- their keys, which is the order in which they were made.
CREATE FUNCTION api.find_sample()
RETURNS TABLE (organization_id uuid, name text, made_at timestamptz, user_id uuid, username text, full_name text,
               role text)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT o.id, o.name, o.sample_made_at, u.id, u.username, u.full_name, u.role
      FROM organizations o JOIN users u ON u.organization_id = o.id
     WHERE o.sample_made_at IS NOT NULL AND u.deactivated_at IS NULL AND u.deleted_at IS NULL
     ORDER BY u.id
$$;
