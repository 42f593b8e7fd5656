-- api.check_seals(uuid, bigint, integer)
-- The next seals of an organization after that number, as they stand, each with what the rows of its range come to now:
-- at most so many, and none more once there were 20,000 rows in them. Of some retention has removed the rows: up to which
-- seal, the newest entry of the trail about that says.
CREATE FUNCTION api.check_seals(p_organization uuid, p_after bigint, p_most integer)
RETURNS TABLE (number bigint, after_id uuid, through_id uuid, row_count bigint, rows_hash bytea, leaves_hash bytea,
               previous_hash bytea, hash bytea, sealed_at timestamptz, found_count bigint, found_hash bytea, removed_at timestamptz,
               told_through bigint, accepted_at timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    PERFORM api.require_auditor(p_organization);
    RETURN QUERY
    SELECT s.number, s.after_id, s.through_id, s.row_count, s.rows_hash, sha256(s.leaves), s.previous_hash, s.hash,
           s.sealed_at, f.count, f.hash, s.removed_at,
           (SELECT (l.new_values ->> 'last_seal')::bigint FROM audit_logs l
             WHERE l.organization_id = p_organization AND l.action = 'retention.remove'
               AND l.new_values ->> 'kind' = 'audit'
             ORDER BY l.created_at DESC, l.id DESC LIMIT 1),
           s.accepted_at
      FROM (SELECT a.*, sum(a.row_count) OVER (ORDER BY a.number) - a.row_count AS before
              FROM audit_seals a WHERE a.organization_id = p_organization AND a.number > p_after
             ORDER BY a.number LIMIT p_most) s
     CROSS JOIN LATERAL (
           SELECT count(*) AS count, sha256(coalesce(string_agg(api.audit_leaf(l), '' ORDER BY l.id), '')) AS hash
             FROM audit_logs l
            WHERE l.organization_id = p_organization AND l.id > s.after_id AND l.id <= s.through_id) f
     WHERE s.before < 20000
     ORDER BY s.number;
END
$$;
