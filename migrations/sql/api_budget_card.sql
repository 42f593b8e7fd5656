-- api.budget_card(budgets, integer, numeric, numeric)
-- How an event tells of a budget: what it is about, what it allows, and how much of that is spent.
CREATE FUNCTION api.budget_card(p_budget public.budgets, p_percent integer, p_spent numeric, p_limit numeric)
RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT jsonb_build_object('budget', jsonb_build_object(
        'id', p_budget.id, 'name', p_budget.name, 'scope', p_budget.scope, 'period', p_budget.period,
        'is_hard', p_budget.is_hard, 'threshold_percent', p_percent, 'spent_usd', p_spent, 'limit_usd', p_limit,
        'project', (SELECT jsonb_build_object('id', j.id, 'name', j.name) FROM projects j
                     WHERE j.id = p_budget.project_id),
        'person', api.person_card(p_budget.user_id)))
$$;
