-- api.audit_leaf(audit_logs)
-- SHA-256 of one row of the trail, of everything in it: a JSON array of its values, which PostgreSQL writes in one way
-- only, moments as microseconds since 1970. What is sealed depends on it (docs/audit.md): it never changes.
CREATE FUNCTION api.audit_leaf(p_row audit_logs) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT sha256(convert_to(jsonb_build_array(
        p_row.id, p_row.organization_id, p_row.user_id, p_row.action, p_row.resource_type, p_row.resource_id,
        p_row.old_values, p_row.new_values, host(p_row.ip_address), p_row.user_agent,
        (extract(epoch FROM p_row.created_at) * 1000000)::bigint, p_row.session_id, p_row.request_id)::text, 'UTF8'))
$$;
