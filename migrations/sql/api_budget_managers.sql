-- api.budget_managers()
-- The names of those of one's own organization who may raise its budgets, the first twenty by name: whom a run that is
-- stopped by one names to whoever looks at it.
CREATE FUNCTION api.budget_managers() RETURNS SETOF text
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT coalesce(u.full_name, u.username) AS name FROM users u
     WHERE u.organization_id = api.organization_id() AND u.deactivated_at IS NULL AND u.deleted_at IS NULL
       AND api.rights(u.role, u.permissions) ? 'budgets.manage'
     ORDER BY name, u.id LIMIT 20
$$;
