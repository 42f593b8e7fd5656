-- api.find_integration(uuid, text)
-- An integration connection of the organization whose run a worker walks, its secret as it is sealed; NULL where there
-- is none.
CREATE FUNCTION api.find_integration(p_organization uuid, p_slug text) RETURNS jsonb
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM api.enter_engine(p_organization);
    RETURN (SELECT jsonb_build_object(
                'id', c.id, 'revision', c.revision, 'organization_id', c.organization_id, 'slug', c.slug, 'name', c.name, 'kind', c.kind,
                'target', c.target, 'settings', c.settings, 'is_active', c.is_active,
                'encrypted_secret', encode(c.encrypted_secret, 'base64'))
              FROM public.integration_connections c
             WHERE c.organization_id = p_organization AND c.slug = p_slug);
END
$$;
