-- api.offered_connections()
-- What a person who may launch runs has to know of their organization's connections, and nothing of the keys: whoever
-- chooses a model reads where the prompts go.
CREATE FUNCTION api.offered_connections() RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT coalesce(jsonb_agg(jsonb_build_object(
               'slug', c.slug, 'name', c.name, 'base_url', c.base_url, 'models', c.models,
               'parameters', c.parameters, 'is_free', c.is_free) ORDER BY lower(c.name), c.id), '[]')
      FROM provider_connections c
     WHERE c.organization_id = api.organization_id() AND c.is_active AND api.may('orchestrations.run')
$$;
