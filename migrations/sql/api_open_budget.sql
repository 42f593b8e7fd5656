-- api.open_budget()
-- A new budget begins with what its period has cost so far, by the rows. Nobody writes usage of the organization from here
-- to its end, and whoever did so before has ended: nothing is missing, and nothing is counted twice.
CREATE FUNCTION api.open_budget() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(4715, hashtext(NEW.organization_id::text));
    INSERT INTO budget_periods (organization_id, budget_id, starts_at, spent_usd, unknown_calls)
    SELECT NEW.organization_id, NEW.id, api.budget_start(NEW.period, u.created_at), coalesce(sum(u.cost_usd), 0),
           count(*) FILTER (WHERE u.cost_usd IS NULL AND u.provider IS NOT NULL)
      FROM api_usage u
     WHERE u.organization_id = NEW.organization_id
       AND u.created_at >= api.budget_start(NEW.period, NEW.created_at)
       AND (NEW.project_id IS NULL OR u.project_id = NEW.project_id)
       AND (NEW.user_id IS NULL OR u.user_id = NEW.user_id)
     GROUP BY 3;
    PERFORM api.tell_budget(NEW.id);
    RETURN NULL;
END
$$;
