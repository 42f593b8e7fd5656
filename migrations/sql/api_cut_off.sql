-- api.cut_off(text, integer)
-- Before which moment what is kept for so many days goes: a midnight by UTC, whatever the session's zone. Of usage never
-- anything of the present month, of which budgets count. NULL keeps everything.
CREATE FUNCTION api.cut_off(p_kind text, p_days integer) RETURNS timestamptz
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN p_days IS NOT NULL THEN least(
               date_trunc('day', now(), 'UTC') - make_interval(hours => 24 * p_days),
               CASE p_kind WHEN 'usage' THEN date_trunc('month', now(), 'UTC') END) END
$$;
