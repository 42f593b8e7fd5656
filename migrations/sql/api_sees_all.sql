-- api.sees_all()
-- Whether the person who asks sees what others of their organization made; nobody does. It looks at the claims in the
-- moment in which it believes them: the policy beside it may have looked at others, which were true.
CREATE FUNCTION api.sees_all() RETURNS boolean
LANGUAGE sql STABLE
AS $$ SELECT api.organization_id() IS NOT NULL AND NOT api.claims() ? 'own_only' $$;
