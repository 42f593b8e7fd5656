-- api.organization_id()
-- The organization of the person who asks; NULL, and so no row, when the claims name nobody, somebody of another
-- organization, or somebody who was deactivated or deleted, or whose organization was. SECURITY DEFINER because the
-- policy of `users` asks it: the specification's own form would recurse.
CREATE FUNCTION api.organization_id() RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT u.organization_id
    FROM public.users u
    JOIN public.organizations o ON o.id = u.organization_id
    WHERE u.id = auth.uid()
      AND u.organization_id = (api.claims() ->> 'organization')::uuid
      AND u.deactivated_at IS NULL AND u.deleted_at IS NULL AND o.deleted_at IS NULL
$$;
