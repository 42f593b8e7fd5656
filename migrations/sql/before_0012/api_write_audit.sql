-- api.write_audit(uuid, text, text, uuid, jsonb, jsonb)
-- One row of the trail, with the person, address and user agent that the transaction announced.
CREATE FUNCTION api.write_audit(
    p_organization uuid, p_action text, p_resource_type text, p_resource_id uuid, p_old jsonb, p_new jsonb
) RETURNS void
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    INSERT INTO public.audit_logs
        (organization_id, user_id, action, resource_type, resource_id, old_values, new_values,
         ip_address, user_agent, session_id, request_id)
    SELECT p_organization, auth.uid(), p_action, p_resource_type, p_resource_id, p_old, p_new,
           nullif(c ->> 'address', '')::inet, c ->> 'user_agent', (c ->> 'session')::uuid, (c ->> 'request')::uuid
    FROM api.claims() AS c
$$;
