-- api.count_project_run()
-- Keeps when a project was last worked for, and what its ended runs cost: lists are sorted by it. A cost that nobody knows
-- adds nothing.
CREATE FUNCTION api.count_project_run() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    UPDATE projects
       SET last_run_at = greatest(last_run_at, NEW.created_at),
           spent_millionths = spent_millionths
               + CASE WHEN NEW.status IN ('completed', 'failed', 'cancelled')
                      THEN (1000000 * coalesce(NEW.cost_usd, 0))::bigint ELSE 0 END
     WHERE id = NEW.project_id;
    RETURN NULL;
END
$$;
