-- api.open_integration(text)
-- An integration connection of the person's own organization, its secret as it is sealed, for whoever manages
-- connections and tries one. NULL where there is none. Nobody reads that column directly.
CREATE FUNCTION api.open_integration(p_slug text) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF NOT api.may('connections.manage') THEN
        RAISE EXCEPTION 'to open a connection needs connections.manage' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN (SELECT jsonb_build_object(
                'organization_id', c.organization_id, 'slug', c.slug, 'name', c.name, 'kind', c.kind,
                'target', c.target, 'settings', c.settings, 'is_active', c.is_active,
                'encrypted_secret', encode(c.encrypted_secret, 'base64'))
              FROM integration_connections c
             WHERE c.organization_id = api.organization_id() AND c.slug = p_slug);
END
$$;
