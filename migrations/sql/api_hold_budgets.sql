-- api.hold_budgets(uuid, uuid, uuid)
-- Before an attempt begins: the hard budget of the organization, the project or the person that is used up, the one that is
-- exceeded most, as {id, name, scope, period, limit_usd, spent_usd}; NULL where none is. Their rows stay locked until the
-- attempt has begun, so nothing is counted in between: exact under concurrency.
CREATE FUNCTION api.hold_budgets(p_organization uuid, p_project uuid, p_user uuid) RETURNS jsonb
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_held uuid[] := api.lock_budgets(ARRAY[p_organization, p_project, p_user]);
BEGIN
    IF v_held IS NULL THEN
        RETURN NULL;
    END IF;
    RETURN (
        SELECT jsonb_build_object('id', b.id, 'name', b.name, 'scope', b.scope, 'period', b.period,
                                  'limit_usd', allowed, 'spent_usd', p.spent_usd)
          FROM budgets b
          JOIN budget_periods p ON p.organization_id = b.organization_id AND p.budget_id = b.id
                               AND p.starts_at = api.budget_start(b.period, clock_timestamp()),
               api.budget_limit(b.id, b.limit_usd) AS allowed
         WHERE b.id = ANY (v_held) AND b.is_hard AND p.spent_usd >= allowed
         ORDER BY p.spent_usd - allowed DESC, b.id LIMIT 1);
END
$$;
