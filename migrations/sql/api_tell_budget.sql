-- api.tell_budget(uuid)
-- Part of what moves a budget: notes the shares of it that its period has come to, each once, and tells of the highest of
-- those that are new, by mail and to endpoints. What is used up is told whatever shares somebody has chosen. Those that
-- it has fallen below again, because it allows more by now, are forgotten, and told once more when it comes to them.
CREATE FUNCTION api.tell_budget(p_budget uuid) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_budget budgets;
    v_starts_at timestamptz;
    v_spent numeric;
    v_limit numeric;
    v_percent integer;
BEGIN
    SELECT * INTO v_budget FROM budgets WHERE id = p_budget;
    v_starts_at := api.budget_start(v_budget.period, clock_timestamp());
    SELECT spent_usd INTO v_spent FROM budget_periods
     WHERE organization_id = v_budget.organization_id AND budget_id = p_budget AND starts_at = v_starts_at;
    IF v_spent IS NULL THEN
        RETURN;
    END IF;
    v_limit := api.budget_limit(p_budget, v_budget.limit_usd);
    DELETE FROM budget_alerts
     WHERE organization_id = v_budget.organization_id AND budget_id = p_budget AND starts_at = v_starts_at
       AND v_spent * 100 < v_limit * threshold;
    WITH told AS (
        INSERT INTO budget_alerts (organization_id, budget_id, starts_at, threshold, spent_usd, limit_usd)
        SELECT v_budget.organization_id, p_budget, v_starts_at, t.threshold, v_spent, v_limit
          FROM unnest(v_budget.thresholds || 100) AS t(threshold)
         WHERE v_spent * 100 >= v_limit * t.threshold
        ON CONFLICT (organization_id, budget_id, starts_at, threshold) DO NOTHING
        RETURNING threshold
    )
    SELECT max(threshold) INTO v_percent FROM told;
    IF v_percent IS NULL THEN
        RETURN;
    END IF;
    PERFORM api.mail_budget(v_budget, v_percent, v_spent, v_limit);
    IF api.is_listened(v_budget.organization_id, ARRAY['budget.threshold']) THEN
        PERFORM api.emit_event(v_budget.organization_id, 'budget.threshold',
                               api.budget_card(v_budget, v_percent, v_spent, v_limit), NULL);
    END IF;
END
$$;
