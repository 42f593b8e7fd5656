-- api.is_own_only(text, jsonb)
-- Whether somebody of that role sees only what they made, by the settings of their organization.
-- No search_path of its own: with one, PostgreSQL would not put its body into the statement that asks.
CREATE FUNCTION api.is_own_only(p_role text, p_settings jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT p_role = 'member' AND coalesce(p_settings #>> '{security_settings,members_see_own_only}' = 'true', false) $$;
