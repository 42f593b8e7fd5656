-- api.find_connection(uuid, text)
-- A connection of the organization whose run a worker walks, its key as it is sealed (null where there is none), and the
-- organization's slug, by which the operator says who is offered the installation's own models.
CREATE FUNCTION api.find_connection(p_organization uuid, p_slug text) RETURNS jsonb
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM api.enter_engine(p_organization);
    RETURN jsonb_build_object(
        'organization_slug', (SELECT o.slug FROM public.organizations o WHERE o.id = p_organization),
        'connection', (SELECT api.connection_to_call(c) FROM public.provider_connections c
                        WHERE c.organization_id = p_organization AND c.slug = p_slug));
END
$$;
