-- api.lock_budgets(uuid[])
-- The budgets that are about any of these (an organization, projects, people), locked in the order of their ids: whoever
-- counts what is spent, and whoever looks whether there is anything left, comes through here. It is done after runs and
-- phases are locked and before the organization is. What they hold is read by a statement after this one.
CREATE FUNCTION api.lock_budgets(p_about uuid[]) RETURNS uuid[]
LANGUAGE sql
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT array_agg(held.id)
      FROM (SELECT b.id FROM budgets b WHERE b.about_id = ANY (p_about) AND b.ended_at IS NULL
             ORDER BY b.id FOR NO KEY UPDATE) held
$$;
