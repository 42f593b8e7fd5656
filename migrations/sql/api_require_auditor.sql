-- api.require_auditor(uuid)
-- Part of what verifies seals and reports of a trail: who asks may read it.
CREATE FUNCTION api.require_auditor(p_organization uuid) RETURNS void
LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp
AS $$ SELECT api.require_in(p_organization, 'audit.view') $$;
