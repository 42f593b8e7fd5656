-- api.budget_start(text, timestamptz)
-- The beginning of a budget's period at that moment: of the calendar month in UTC, as of the quota (api.next_month), or,
-- where a budget is for all time, 1970.
CREATE FUNCTION api.budget_start(p_period text, p_moment timestamptz) RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT CASE p_period WHEN 'month' THEN date_trunc('month', p_moment, 'UTC') ELSE to_timestamp(0) END
$$;
