-- api.count_spending()
-- Counts what a statement has written to the usage, whoever has, to the budgets that are about it. The lock that many share
-- keeps a budget from being made meanwhile, for that sums up what is there (api.open_budget).
CREATE FUNCTION api.count_spending() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_about uuid[];
    v_held uuid[];
    v_spent record;
BEGIN
    SELECT array_agg(DISTINCT about) INTO v_about
      FROM written w, unnest(ARRAY[w.organization_id, w.project_id, w.user_id]) AS about
     WHERE w.cost_usd <> 0 OR w.cost_usd IS NULL AND w.provider IS NOT NULL;
    IF v_about IS NULL THEN
        RETURN NULL;
    END IF;
    PERFORM pg_advisory_xact_lock_shared(4715, key)
       FROM (SELECT DISTINCT hashtext(w.organization_id::text) AS key FROM written w ORDER BY 1) organizations;
    v_held := api.lock_budgets(v_about);
    IF v_held IS NULL THEN
        RETURN NULL;
    END IF;
    FOR v_spent IN
        SELECT b.id, api.budget_start(b.period, w.created_at) AS starts_at, coalesce(sum(w.cost_usd), 0) AS usd,
               count(*) FILTER (WHERE w.cost_usd IS NULL AND w.provider IS NOT NULL)::integer AS unknown
          FROM budgets b
          JOIN written w ON w.organization_id = b.organization_id
                        AND b.about_id IN (w.organization_id, w.project_id, w.user_id)
         WHERE b.id = ANY (v_held)
         GROUP BY 1, 2 ORDER BY 1, 2
    LOOP
        PERFORM api.spend_budget(v_spent.id, v_spent.starts_at, v_spent.usd, v_spent.unknown);
    END LOOP;
    RETURN NULL;
END
$$;
