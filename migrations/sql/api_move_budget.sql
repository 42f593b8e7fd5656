-- api.move_budget()
-- A budget allows more or less than before, by its own limit or by a raise: what it has come to is looked at anew. That it
-- is used up is told once more where nothing begins for that from now on.
CREATE FUNCTION api.move_budget() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF TG_TABLE_NAME = 'budgets' THEN
        IF TG_OP = 'UPDATE' AND NEW.is_hard AND NOT OLD.is_hard THEN
            DELETE FROM budget_alerts
             WHERE organization_id = NEW.organization_id AND budget_id = NEW.id AND threshold = 100
               AND starts_at = api.budget_start(NEW.period, clock_timestamp());
        END IF;
        PERFORM api.tell_budget(NEW.id);
    ELSE
        PERFORM 1 FROM budgets WHERE id = NEW.budget_id FOR NO KEY UPDATE; -- as whoever counts does
        PERFORM api.tell_budget(NEW.budget_id);
    END IF;
    RETURN NULL;
END
$$;
