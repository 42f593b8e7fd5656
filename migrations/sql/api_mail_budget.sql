-- api.mail_budget(budgets, integer, numeric, numeric)
-- Part of api.tell_budget: a mail to each of those who may change the budget, and another one to the person whom it is
-- about, unless they want none. Of the tenant it holds what the budget is called and its figures.
CREATE FUNCTION api.mail_budget(p_budget public.budgets, p_percent integer, p_spent numeric, p_limit numeric)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    INSERT INTO mail_outbox (kind, recipient, organization_id, "values")
    SELECT CASE WHEN manages THEN 'budget_threshold' ELSE 'own_budget_threshold' END, u.email, o.id,
           jsonb_build_object(
               'name', coalesce(u.full_name, u.username), 'budget', p_budget.name, 'percent', p_percent::text,
               'spent', to_char(p_spent, 'FM999,999,999,990.00'), 'limit', to_char(p_limit, 'FM999,999,999,990.00'),
               'effect', CASE WHEN p_percent < 100 THEN '' WHEN p_budget.is_hard THEN 'hard' ELSE 'soft' END)
      FROM users u JOIN organizations o ON o.id = u.organization_id,
           LATERAL (SELECT api.rights(u.role, u.permissions) ? 'budgets.manage' AS manages) m
     WHERE o.id = p_budget.organization_id AND o.sample_made_at IS NULL
       AND u.deactivated_at IS NULL AND u.deleted_at IS NULL
       AND (manages OR u.id = p_budget.user_id)
       AND coalesce(u.preferences #>> '{notifications,budget_reached}', 'true') <> 'false'
     ORDER BY u.id LIMIT 500;
    IF FOUND THEN
        PERFORM pg_notify('orchestrator_mail', '');
    END IF;
END
$$;
