-- api.compare_seal(uuid, bigint)
-- Which rows of a seal's range are others than they were when it was made: changed, removed or added. At most 100. Of a
-- seal whose rows retention has removed, those that stand there all the same are added ones.
CREATE FUNCTION api.compare_seal(p_organization uuid, p_number bigint) RETURNS TABLE (id uuid, difference text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    PERFORM api.require_auditor(p_organization);
    RETURN QUERY
    WITH seal AS (
        SELECT s.* FROM audit_seals s WHERE s.organization_id = p_organization AND s.number = p_number
    ), sealed AS (
        SELECT encode(substring(s.leaves FROM n * 32 + 1 FOR 16), 'hex')::uuid AS id,
               substring(s.leaves FROM n * 32 + 17 FOR 16) AS leaf
          FROM seal s, generate_series(0, octet_length(s.leaves) / 32 - 1) n
         WHERE s.removed_at IS NULL
    ), found AS (
        SELECT l.id, substring(api.audit_leaf(l) FROM 1 FOR 16) AS leaf
          FROM seal s JOIN audit_logs l
            ON l.organization_id = p_organization AND l.id > s.after_id AND l.id <= s.through_id
    )
    SELECT coalesce(a.id, b.id),
           CASE WHEN b.id IS NULL THEN 'removed' WHEN a.id IS NULL THEN 'added' ELSE 'changed' END
      FROM sealed a FULL JOIN found b ON b.id = a.id
     WHERE a.leaf IS DISTINCT FROM b.leaf
     ORDER BY 1 LIMIT 100;
END
$$;
