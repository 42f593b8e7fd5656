-- api.correct_spending()
-- Counts what a call has cost once that is known, or is known to be something else: api.finish_try says it afterwards.
CREATE FUNCTION api.correct_spending() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_held uuid[];
    v_unknown integer := CASE WHEN NEW.provider IS NULL THEN 0
                              ELSE (NEW.cost_usd IS NULL)::integer - (OLD.cost_usd IS NULL)::integer END;
BEGIN
    PERFORM pg_advisory_xact_lock_shared(4715, hashtext(NEW.organization_id::text));
    v_held := api.lock_budgets(ARRAY[NEW.organization_id, NEW.project_id, NEW.user_id]);
    PERFORM api.spend_budget(b.id, api.budget_start(b.period, NEW.created_at),
                             coalesce(NEW.cost_usd, 0) - coalesce(OLD.cost_usd, 0), v_unknown)
       FROM budgets b WHERE b.id = ANY (v_held);
    RETURN NULL;
END
$$;
