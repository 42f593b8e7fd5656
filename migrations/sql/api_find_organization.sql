-- api.find_organization(text)
-- The id behind a slug, for the command line that creates people.
CREATE FUNCTION api.find_organization(p_slug text) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$ SELECT id FROM organizations WHERE slug = p_slug AND deleted_at IS NULL $$;
