-- api.sees_all()
-- Whether the person who asks sees what others of their organization made. It believes the claims: the policy beside it
-- asks api.organization_id(), which shows nothing where they are not signed or not true.
CREATE FUNCTION api.sees_all() RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT NOT api.claims() ? 'own_only' $$;
