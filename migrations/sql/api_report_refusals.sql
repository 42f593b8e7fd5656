-- api.report_refusals(uuid, text[], timestamp with time zone, timestamp with time zone, integer)
-- Of the entries of these actions and that time, the people and the addresses that most of them are of.
CREATE FUNCTION api.report_refusals(p_organization uuid, p_actions text[], p_since timestamptz, p_before timestamptz,
                                    p_most integer)
RETURNS TABLE (user_id uuid, address text, number bigint, last_at timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    PERFORM api.require_auditor(p_organization);
    RETURN QUERY
    SELECT g.user_id, host(g.ip_address), g.number, g.last_at
      FROM (SELECT l.user_id, l.ip_address, count(*) AS number, max(l.created_at) AS last_at,
                   grouping(l.user_id) AS is_address,
                   row_number() OVER (PARTITION BY grouping(l.user_id)
                                      ORDER BY count(*) DESC, l.user_id, l.ip_address) AS place
              FROM audit_logs l
             WHERE l.organization_id = p_organization AND l.action = ANY (p_actions)
               AND l.created_at >= p_since AND l.created_at < p_before
             GROUP BY GROUPING SETS ((l.user_id), (l.ip_address))) g
     WHERE g.place <= p_most AND (g.user_id IS NOT NULL OR g.ip_address IS NOT NULL)
     ORDER BY g.is_address, g.place;
END
$$;
