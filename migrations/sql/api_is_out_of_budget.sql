-- api.is_out_of_budget(uuid, uuid, uuid)
-- Whether a hard budget of the organization, the project or the person is used up, as it stands: nothing is locked, so it
-- is no leave to begin anything (api.hold_budgets).
CREATE FUNCTION api.is_out_of_budget(p_organization uuid, p_project uuid, p_user uuid) RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT EXISTS (
        SELECT 1 FROM budgets b
          JOIN budget_periods p ON p.organization_id = b.organization_id AND p.budget_id = b.id
                               AND p.starts_at = api.budget_start(b.period, clock_timestamp())
         WHERE b.about_id IN (p_organization, p_project, p_user) AND b.ended_at IS NULL AND b.is_hard
           AND p.spent_usd >= api.budget_limit(b.id, b.limit_usd))
$$;
