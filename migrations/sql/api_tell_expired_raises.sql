-- api.tell_expired_raises()
-- Part of api.watch_spending: a budget of which a raise has expired allows less without anybody's doing. A hard one that is
-- used up by that never spends again, which is when shares are told otherwise. Who holds a budget tells by themselves.
CREATE FUNCTION api.tell_expired_raises() RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_budget uuid;
BEGIN
    FOR v_budget IN
        SELECT b.id
          FROM budgets b
          JOIN budget_periods p ON p.organization_id = b.organization_id AND p.budget_id = b.id
                               AND p.starts_at = api.budget_start(b.period, clock_timestamp())
          JOIN organizations o ON o.id = b.organization_id AND o.suspended_at IS NULL AND o.deleted_at IS NULL
         WHERE b.ended_at IS NULL
           AND b.id IN (SELECT r.budget_id FROM budget_raises r
                         WHERE r.expires_at <= clock_timestamp())
           AND EXISTS (
               SELECT FROM unnest(b.thresholds || 100) AS t(threshold)
                WHERE p.spent_usd * 100 >= api.budget_limit(b.id, b.limit_usd) * t.threshold
                  AND NOT EXISTS (SELECT FROM budget_alerts a
                                   WHERE a.organization_id = b.organization_id AND a.budget_id = b.id
                                     AND a.starts_at = p.starts_at AND a.threshold = t.threshold))
         ORDER BY b.id LIMIT 100
           FOR NO KEY UPDATE OF b SKIP LOCKED
    LOOP
        PERFORM api.tell_budget(v_budget);
    END LOOP;
END
$$;
