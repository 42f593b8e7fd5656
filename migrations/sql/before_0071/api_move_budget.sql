-- api.move_budget()
-- A budget allows more or less than before, by its own limit or by a raise: what it has come to is looked at anew.
CREATE FUNCTION api.move_budget() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF TG_TABLE_NAME = 'budgets' THEN
        PERFORM api.tell_budget(NEW.id);
    ELSE
        PERFORM 1 FROM budgets WHERE id = NEW.budget_id FOR NO KEY UPDATE; -- as whoever counts does
        PERFORM api.tell_budget(NEW.budget_id);
    END IF;
    RETURN NULL;
END
$$;
