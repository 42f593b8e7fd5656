-- api.settle_archive(uuid, text, text)
-- What a worker says of the archive that it holds. 'loaded': its rows are back, in this transaction, and compared with
-- what was saved; its files come next. They are away no more, neither in this archive nor in another one that holds the
-- same runs, and one of which all are back by that, as it has them, is restored. 'restored' and 'removed' are the ends.
-- 'failed' says why: one that was being made is not made, the others are as before, at the last restore where there was
-- one. 'later': it is tried again in a minute.
CREATE FUNCTION api.settle_archive(p_archive uuid, p_outcome text, p_failure text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_status text := CASE WHEN p_outcome IN ('loaded', 'restored') THEN 'restoring' WHEN p_outcome = 'removed'
        THEN 'removing' ELSE (SELECT status FROM archives WHERE id = p_archive) END;
    v_archive archives := api.hold_archive(p_archive, v_status);
BEGIN
    IF p_outcome = 'loaded' AND api.sum_runs(
           v_archive.organization_id, (SELECT run_ids FROM archives WHERE id = p_archive),
           (SELECT jsonb_object_agg(key, value -> 'columns') FROM jsonb_each(v_archive.tables)))
       <> v_archive.tables THEN
        RAISE EXCEPTION 'what came back of archive % is not what was saved', p_archive
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF p_outcome = 'loaded' THEN
        UPDATE archives AS a
           SET away_ids = ARRAY(SELECT unnest(a.away_ids) EXCEPT SELECT unnest(back.ids)),
               away_cost_usd = a.away_cost_usd - back.cost, away_unknown_costs = a.away_unknown_costs - back.unknown,
               status = CASE WHEN back.is_whole THEN 'restored' ELSE a.status END,
               restored_at = CASE WHEN back.is_whole THEN clock_timestamp() ELSE a.restored_at END,
               restore_asked_at = CASE WHEN back.is_whole THEN v_archive.restore_asked_at ELSE a.restore_asked_at END,
               restore_asked_by = CASE WHEN back.is_whole THEN v_archive.restore_asked_by ELSE a.restore_asked_by END
          FROM (SELECT o.id, array_agg(r.id) AS ids, coalesce(sum(r.cost_usd), 0) AS cost,
                       count(*) FILTER (WHERE r.cost_usd IS NULL) AS unknown,
                       o.status = 'made' AND count(*) = o.away_count AND api.sum_runs(
                           o.organization_id, o.run_ids, (SELECT jsonb_object_agg(key, value -> 'columns')
                                                            FROM jsonb_each(o.tables))) = o.tables AS is_whole
                  FROM archives o CROSS JOIN LATERAL unnest(o.away_ids) AS away (id)
                  JOIN orchestration_runs r ON r.organization_id = o.organization_id AND r.id = away.id
                 WHERE o.organization_id = v_archive.organization_id AND o.project_id = v_archive.project_id
                   AND o.status <> 'removed'
                 GROUP BY o.id) AS back
         WHERE a.id = back.id;
    END IF;
    UPDATE archives
       SET restoring_in = NULL,
           next_at = CASE p_outcome WHEN 'later' THEN clock_timestamp() + interval '1 minute' ELSE next_at END,
           failure = p_failure,
           loaded_at = CASE p_outcome WHEN 'loaded' THEN clock_timestamp() ELSE loaded_at END,
           restored_at = CASE p_outcome WHEN 'restored' THEN clock_timestamp() ELSE restored_at END,
           removed_at = CASE p_outcome WHEN 'removed' THEN clock_timestamp() ELSE removed_at END,
           status = CASE
               WHEN p_outcome IN ('restored', 'removed') THEN p_outcome
               WHEN p_outcome = 'failed' AND status = 'making' THEN 'failed'
               WHEN p_outcome = 'failed' AND status = 'restoring' AND loaded_at IS NULL
                    THEN CASE WHEN removed_at IS NOT NULL THEN 'removed' WHEN restored_at IS NOT NULL THEN 'restored'
                              ELSE 'made' END
               ELSE status END
     WHERE id = p_archive;
END
$$;
