-- api.read_removals(timestamp with time zone, integer)
-- What retention has removed since then in all organizations, the newest first: whose, when, of what, and how many rows
-- of each kind; numbers only of what the trail's entries say.
CREATE FUNCTION api.read_removals(p_since timestamptz, p_most integer)
RETURNS TABLE (organization text, removed_at timestamptz, kind text, counts jsonb)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    PERFORM api.require_operator();
    RETURN QUERY
    SELECT o.name::text, l.created_at, coalesce(l.new_values ->> 'kind', 'other'),
           (SELECT coalesce(jsonb_object_agg(v.key, v.value), '{}')
              FROM jsonb_each(l.new_values) v
             WHERE jsonb_typeof(v.value) = 'number' AND v.key NOT IN ('first_seal', 'last_seal'))
      FROM organizations o
     CROSS JOIN LATERAL (
           SELECT a.created_at, a.id, a.new_values FROM audit_logs a
            WHERE a.organization_id = o.id AND a.action = 'retention.remove' AND a.created_at >= p_since
            ORDER BY a.created_at DESC, a.id DESC LIMIT p_most) l
     ORDER BY l.created_at DESC, l.id DESC LIMIT p_most;
END
$$;
