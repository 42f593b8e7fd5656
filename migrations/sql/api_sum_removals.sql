-- api.sum_removals(timestamp with time zone)
-- How many rows retention has removed since then in all organizations, by kind; numbers only.
CREATE FUNCTION api.sum_removals(p_since timestamptz)
RETURNS TABLE (kind text, row_count bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    PERFORM api.require_operator();
    RETURN QUERY
    SELECT coalesce(a.new_values ->> 'kind', 'other'), sum((v.value #>> '{}')::numeric)::bigint
      FROM organizations o
      JOIN audit_logs a ON a.organization_id = o.id AND a.action = 'retention.remove' AND a.created_at >= p_since
     CROSS JOIN LATERAL jsonb_each(a.new_values) v
     WHERE jsonb_typeof(v.value) = 'number' AND v.key NOT IN ('first_seal', 'last_seal')
     GROUP BY 1;
END
$$;
