-- api.first_broken_seal(uuid, bigint, bigint)
-- Part of what retention does with the trail: the first seal that does not hold, up to the second number; NULL where all do.
-- From the first number on they are reckoned anew with their entries. Those before have been emptied: of them it looks
-- whether they follow on each other, whether the trail tells of that, and whether anything stands there again. What an operator has
-- accepted is passed over.
CREATE FUNCTION api.first_broken_seal(p_organization uuid, p_first bigint, p_last bigint) RETURNS bigint
LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp
AS $$
    WITH told AS MATERIALIZED (
        SELECT coalesce((SELECT (l.new_values ->> 'last_seal')::bigint FROM audit_logs l
                          WHERE l.organization_id = p_organization AND l.action = 'retention.remove'
                            AND l.new_values ->> 'kind' = 'audit'
                          ORDER BY l.created_at DESC, l.id DESC LIMIT 1), 0) AS through
    )
    SELECT s.number
      FROM audit_seals s
      LEFT JOIN audit_seals b ON b.organization_id = s.organization_id AND b.number = s.number - 1
     WHERE s.organization_id = p_organization AND s.number <= p_last AND s.accepted_at IS NULL
       AND (s.previous_hash <> coalesce(b.hash, sha256(''))
            OR s.after_id <> coalesce(b.through_id, '00000000-0000-0000-0000-000000000000')
            OR b.number IS NULL AND s.number <> 1
            OR CASE WHEN s.number >= p_first - 1
                    THEN s.hash <> (SELECT api.seal_hash(h) FROM audit_seals h WHERE h.id = s.id) END
            OR CASE WHEN s.number < p_first
                    THEN s.removed_at IS NULL OR s.number > (SELECT t.through FROM told t)
                         OR EXISTS (SELECT 1 FROM audit_logs l WHERE l.organization_id = p_organization
                                       AND l.id > s.after_id AND l.id <= s.through_id)
                    ELSE (SELECT count(*) <> s.row_count
                                 OR sha256(coalesce(string_agg(api.audit_leaf(l), '' ORDER BY l.id), '')) <> s.rows_hash
                            FROM audit_logs l
                           WHERE l.organization_id = p_organization AND l.id > s.after_id AND l.id <= s.through_id) END)
     ORDER BY s.number LIMIT 1
$$;
