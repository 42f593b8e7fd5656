-- api.leads_to(integration_operations)
-- Where an operation leads: the connection that its parameters name, as it stands ({id, revision, target}); NULL where
-- there is none. An approval is given for what this says, and counts for nothing else.
CREATE FUNCTION api.leads_to(p_operation public.integration_operations) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT jsonb_build_object('id', c.id, 'revision', c.revision, 'target', c.target)
      FROM integration_connections c
     WHERE c.organization_id = p_operation.organization_id AND c.slug = p_operation.operation_params ->> 'connection'
$$;
