-- api.connection_to_call(provider_connections)
-- All that a call to a connection needs, its key as it is sealed. Prices are text: a JSON number would lose digits.
CREATE FUNCTION api.connection_to_call(p_connection public.provider_connections) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT jsonb_build_object(
        'id', p_connection.id, 'organization_id', p_connection.organization_id, 'slug', p_connection.slug,
        'name', p_connection.name, 'vendor', p_connection.vendor, 'base_url', p_connection.base_url,
        'api_version', p_connection.api_version, 'models', p_connection.models,
        'encrypted_key', encode(p_connection.encrypted_key, 'base64'), 'is_free', p_connection.is_free,
        'input_usd_per_million', p_connection.input_usd_per_million::text,
        'output_usd_per_million', p_connection.output_usd_per_million::text,
        'is_active', p_connection.is_active, 'updated_at', p_connection.updated_at)
$$;
