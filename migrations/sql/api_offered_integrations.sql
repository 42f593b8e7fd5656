-- api.offered_integrations()
-- What templates may name, for whoever sees runs: short name, name, kind and target of each active one, by name; of a
-- secret nothing. Who approves an operation reads here where it goes.
CREATE FUNCTION api.offered_integrations() RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF NOT api.may('orchestrations.view') THEN
        RAISE EXCEPTION 'to see connections needs orchestrations.view' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN (SELECT coalesce(jsonb_agg(jsonb_build_object(
                'id', c.id, 'revision', c.revision, 'slug', c.slug, 'name', c.name, 'kind', c.kind, 'target', c.target) ORDER BY lower(c.name), c.id), '[]')
              FROM integration_connections c
             WHERE c.organization_id = api.organization_id() AND c.is_active);
END
$$;
