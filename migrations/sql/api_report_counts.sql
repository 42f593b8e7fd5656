-- api.report_counts(uuid, timestamp with time zone, timestamp with time zone)
-- How many entries of that time an organization's trail has, by action. The actions are found one after the other by the
-- index, and each is counted in it.
CREATE FUNCTION api.report_counts(p_organization uuid, p_since timestamptz, p_before timestamptz)
RETURNS TABLE (action text, number bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    PERFORM api.require_auditor(p_organization);
    RETURN QUERY
    WITH RECURSIVE found AS (
        (SELECT l.action FROM audit_logs l WHERE l.organization_id = p_organization ORDER BY l.action LIMIT 1)
        UNION ALL
        SELECT (SELECT l.action FROM audit_logs l
                 WHERE l.organization_id = p_organization AND l.action > f.action ORDER BY l.action LIMIT 1)
          FROM found f WHERE f.action IS NOT NULL)
    SELECT f.action::text, c.number
      FROM found f
     CROSS JOIN LATERAL (
           SELECT count(*) AS number FROM audit_logs l
            WHERE l.organization_id = p_organization AND l.action = f.action
              AND l.created_at >= p_since AND l.created_at < p_before) c
     WHERE c.number > 0;
END
$$;
