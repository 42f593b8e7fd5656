-- api.spend_budget(uuid, timestamptz, numeric, integer)
-- Part of what counts: so much more of a budget that is locked, in the period that begins then, and so many more calls of
-- which nobody knows the price. What was before the period in which the budget was made is not its own.
CREATE FUNCTION api.spend_budget(p_budget uuid, p_starts_at timestamptz, p_spent_usd numeric, p_unknown integer)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    INSERT INTO budget_periods AS p (organization_id, budget_id, starts_at, spent_usd, unknown_calls)
    SELECT b.organization_id, b.id, p_starts_at, p_spent_usd, p_unknown FROM budgets b
     WHERE b.id = p_budget AND p_starts_at >= api.budget_start(b.period, b.created_at)
    ON CONFLICT (organization_id, budget_id, starts_at) DO UPDATE
       SET spent_usd = p.spent_usd + excluded.spent_usd, unknown_calls = p.unknown_calls + excluded.unknown_calls;
    IF p_spent_usd > 0 THEN
        PERFORM api.tell_budget(p_budget);
    END IF;
END
$$;
