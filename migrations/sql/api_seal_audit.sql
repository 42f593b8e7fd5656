-- api.seal_audit(timestamp with time zone, xid8, integer)
-- Seals what the trail of each organization says of the time before that moment, wherever something of it is an hour old:
-- at most so many seals of at most 10,000 rows. The second argument is a transaction that began at that moment:
-- as long as an older one is under way, a row could still come, and nothing is sealed. Says how many were made.
CREATE FUNCTION api.seal_audit(p_before timestamptz, p_horizon xid8, p_most integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    c_none CONSTANT uuid := '00000000-0000-0000-0000-000000000000';
    c_rows CONSTANT integer := 10000;
    v_through CONSTANT uuid := api.first_id(least(p_before, now()));
    v_due CONSTANT uuid := api.first_id(least(p_before, now()) - interval '1 hour');
    v_last record;
    v_seal audit_seals;
    v_count integer := 0;
BEGIN
    IF pg_snapshot_xmin(pg_current_snapshot()) < p_horizon OR NOT pg_try_advisory_xact_lock(4716) THEN
        RETURN 0;
    END IF;
    FOR v_last IN
        SELECT o.id AS organization_id, coalesce(s.number, 0) AS number, coalesce(s.through_id, c_none) AS through_id,
               coalesce(s.hash, sha256('')) AS hash
          FROM organizations o
          LEFT JOIN LATERAL (SELECT a.number, a.through_id, a.hash FROM audit_seals a
                              WHERE a.organization_id = o.id ORDER BY a.number DESC LIMIT 1) s ON true
         WHERE EXISTS (SELECT 1 FROM audit_logs l WHERE l.organization_id = o.id
                          AND l.id > coalesce(s.through_id, c_none) AND l.id < v_due)
         LIMIT p_most FOR KEY SHARE OF o SKIP LOCKED -- not what somebody removes, which the sample may be
    LOOP
        SELECT count(*), sha256(coalesce(string_agg(f.leaf, '' ORDER BY f.id), '')),
               coalesce(string_agg(uuid_send(f.id) || substring(f.leaf FROM 1 FOR 16), '' ORDER BY f.id), ''),
               CASE WHEN count(*) = c_rows THEN (array_agg(f.id ORDER BY f.id DESC))[1] ELSE v_through END
          INTO v_seal.row_count, v_seal.rows_hash, v_seal.leaves, v_seal.through_id
          FROM (SELECT l.id, api.audit_leaf(l) AS leaf FROM audit_logs l
                 WHERE l.organization_id = v_last.organization_id AND l.id > v_last.through_id AND l.id <= v_through
                 ORDER BY l.id LIMIT c_rows) f;
        v_seal.id := api.uuid7();
        v_seal.organization_id := v_last.organization_id;
        v_seal.number := v_last.number + 1;
        v_seal.after_id := v_last.through_id;
        v_seal.previous_hash := v_last.hash;
        v_seal.sealed_at := now();
        v_seal.hash := api.seal_hash(v_seal);
        INSERT INTO audit_seals SELECT v_seal.*;
        v_count := v_count + 1;
    END LOOP;
    RETURN v_count;
END
$$;
