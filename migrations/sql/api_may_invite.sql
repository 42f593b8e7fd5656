-- api.may_invite(text, jsonb)
-- The same for the person who asks. The policies of invitations ask it.
CREATE FUNCTION api.may_invite(p_role text, p_permissions jsonb) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$ SELECT api.organization_id() IS NOT NULL AND api.may_invite_as(auth.uid(), p_role, p_permissions) $$;
