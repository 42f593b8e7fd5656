-- api.settle_usage_report(uuid, timestamptz, timestamptz)
-- Nothing is sent at the time that was due: the report is due again at the next one, which is to come, unless somebody
-- else has moved it meanwhile.
CREATE FUNCTION api.settle_usage_report(p_report uuid, p_due timestamptz, p_next timestamptz) RETURNS void
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    UPDATE usage_reports SET next_at = p_next, claimed_until = NULL
     WHERE id = p_report AND next_at = p_due AND p_next > now()
$$;
