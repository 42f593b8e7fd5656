-- api.create_organization(text, text, text)
-- A new organization, for the first set-up and the command line.
CREATE FUNCTION api.create_organization(p_name text, p_slug text, p_tier text) RETURNS uuid
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$ INSERT INTO organizations (name, slug, subscription_tier) VALUES (p_name, p_slug, p_tier) RETURNING id $$;
