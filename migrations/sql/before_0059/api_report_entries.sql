-- api.report_entries(uuid, text, timestamp with time zone, timestamp with time zone, uuid, integer)
-- The next entries of one action in an organization's trail after that moment and id, and before the second moment, in
-- the order of time; of connections, integrations and webhooks with the name that they have now.
CREATE FUNCTION api.report_entries(p_organization uuid, p_action text, p_before timestamptz, p_after timestamptz,
                                   p_after_id uuid, p_most integer)
RETURNS TABLE (id uuid, created_at timestamptz, user_id uuid, action text, resource_type text, resource_id uuid,
               old_values jsonb, new_values jsonb, address text, user_agent text, name text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    PERFORM api.require_auditor(p_organization);
    RETURN QUERY
    SELECT l.id, l.created_at, l.user_id, l.action::text, l.resource_type::text, l.resource_id, l.old_values, l.new_values,
           host(l.ip_address), l.user_agent,
           CASE l.resource_type
               WHEN 'provider_connections' THEN (
                   SELECT p.name::text FROM provider_connections p
                    WHERE p.id = l.resource_id AND p.organization_id = l.organization_id)
               WHEN 'integration_connections' THEN (
                   SELECT i.name::text FROM integration_connections i
                    WHERE i.id = l.resource_id AND i.organization_id = l.organization_id)
               WHEN 'webhooks' THEN (
                   SELECT w.name::text FROM webhooks w
                    WHERE w.id = l.resource_id AND w.organization_id = l.organization_id)
           END
      FROM audit_logs l
     WHERE l.organization_id = p_organization AND l.action = p_action AND l.created_at < p_before
       AND (l.created_at, l.id) > (p_after, p_after_id)
     ORDER BY l.created_at, l.id LIMIT p_most;
END
$$;
