-- api.open_connection(text)
-- A connection of the person's own organization, its key as it is sealed, for a call that they may make: a test, or the
-- question before a launch whether the model is there. NULL where there is none. Nobody reads that column directly.
CREATE FUNCTION api.open_connection(p_slug text) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF NOT (api.may('connections.manage') OR api.may('orchestrations.run')) THEN
        RAISE EXCEPTION 'a call to a model needs connections.manage or orchestrations.run'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN (SELECT api.connection_to_call(c) FROM provider_connections c
             WHERE c.organization_id = api.organization_id() AND c.slug = p_slug);
END
$$;
