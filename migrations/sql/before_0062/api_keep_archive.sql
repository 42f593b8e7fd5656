-- api.keep_archive(uuid, jsonb)
-- The file is whole and lies where it is kept: removes the runs that are in it, all in one transaction, where they still
-- are as they were saved. Says 'kept'; 'changed' where a row was written or came since, 'open' where the project is active
-- again or a run of it has not ended, and 'held' where a legal hold keeps them: then nothing was done.
CREATE FUNCTION api.keep_archive(p_archive uuid, p_made jsonb) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    c_batch CONSTANT integer := 500;
    v_archive archives := api.hold_archive(p_archive, 'making');
    v_runs uuid[];
    v_is_open boolean;
    v_cost numeric;
    v_unknown integer;
BEGIN
    -- as api.remove_runs does: a hold that is placed from here on waits
    PERFORM pg_advisory_xact_lock(4718, hashtext(v_archive.organization_id::text));
    IF api.is_kept(v_archive.organization_id, v_archive.project_id) THEN
        RETURN 'held';
    END IF;
    -- whoever says something of a run waits, and then finds it gone; in the order of a run's step
    SELECT coalesce(array_agg(r.id), '{}'), bool_or(r.status NOT IN ('completed', 'failed', 'cancelled')),
           coalesce(sum(r.cost_usd), 0), count(*) FILTER (WHERE r.cost_usd IS NULL)
      INTO v_runs, v_is_open, v_cost, v_unknown
      FROM (SELECT * FROM orchestration_runs
             WHERE organization_id = v_archive.organization_id AND project_id = v_archive.project_id
             ORDER BY id FOR UPDATE) AS r;
    PERFORM 1 FROM projects WHERE id = v_archive.project_id AND status <> 'active' FOR UPDATE;
    IF NOT FOUND OR v_is_open THEN
        RETURN 'open';
    END IF;
    IF api.sum_runs(v_archive.organization_id, v_runs, NULL) <> p_made -> 'tables' THEN
        RETURN 'changed';
    END IF;
    UPDATE archives
       SET status = 'made', made_at = clock_timestamp(), failure = NULL, run_ids = v_runs, cost_usd = v_cost,
           unknown_costs = v_unknown, away_ids = v_runs, away_cost_usd = v_cost, away_unknown_costs = v_unknown,
           tables = p_made -> 'tables', store = p_made ->> 'store',
           file = p_made ->> 'file', bytes = (p_made ->> 'bytes')::bigint, sha256 = p_made ->> 'sha256',
           file_count = (p_made ->> 'file_count')::integer, format_version = (p_made ->> 'format_version')::integer
     WHERE id = p_archive;
    -- the newest first: a run goes before the one that it goes on from
    v_runs := ARRAY(
        WITH RECURSIVE line AS (
            SELECT r.id, 0 AS depth FROM orchestration_runs r
             WHERE r.organization_id = v_archive.organization_id AND r.project_id = v_archive.project_id AND NOT EXISTS (
                   SELECT 1 FROM orchestration_runs p
                    WHERE p.organization_id = r.organization_id AND p.project_id = r.project_id
                      AND p.id = r.parent_run_id)
            UNION ALL
            SELECT r.id, line.depth + 1 FROM line
              JOIN orchestration_runs r ON r.organization_id = v_archive.organization_id
               AND r.project_id = v_archive.project_id AND r.parent_run_id = line.id)
        SELECT id FROM line ORDER BY depth DESC, id DESC);
    FOR v_from IN 1 .. cardinality(v_runs) BY c_batch LOOP
        PERFORM api.remove_runs(v_archive.organization_id, v_runs[v_from : v_from + c_batch - 1], NULL);
    END LOOP;
    RETURN 'kept';
END
$$;
