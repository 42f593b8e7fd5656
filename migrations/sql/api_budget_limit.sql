-- api.budget_limit(uuid, numeric)
-- What a budget allows at the moment: its limit, and the raises that have begun and not expired. Nobody has to end them.
CREATE FUNCTION api.budget_limit(p_budget uuid, p_limit_usd numeric) RETURNS numeric
LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT p_limit_usd + coalesce(sum(r.amount_usd), 0) FROM budget_raises r
     WHERE r.budget_id = p_budget AND r.starts_at <= clock_timestamp() AND r.expires_at > clock_timestamp()
$$;
