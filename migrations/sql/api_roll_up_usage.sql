-- api.roll_up_usage(integer)
-- Sums up hours that have ended, and days of which every hour is summed up, so that nobody reads their rows again: at most
-- so many. Each anew from all of its rows, whatever stood there: to do it twice changes nothing. Says how many were summed
-- up; what somebody writes at this moment waits for another time.
CREATE FUNCTION api.roll_up_usage(p_most integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    c_columns CONSTANT text := 'cut, is_model, project_id, user_id, template_id, provider, model, endpoint, error_kind, '
        'calls, failed_calls, unpriced_calls, prompt_tokens, completion_tokens, cost_usd, latency_buckets, latency_calls';
    c_cuts CONSTANT text[] := '{all,none,project,person,template,model,endpoint,error}';
    v_open record;
    v_count integer := 0;
BEGIN
    FOR v_open IN
        (SELECT DISTINCT 'hour' AS unit, 'hourly' AS kept, interval '1 hour' AS lasts, o.organization_id,
                         o.hour AS starts_at
           FROM usage_open_hours o
          WHERE o.hour < date_trunc('hour', now() - interval '1 minute', 'UTC')
          ORDER BY o.hour DESC, o.organization_id LIMIT p_most)
        UNION ALL
        (SELECT DISTINCT 'day', 'daily', interval '24 hours', d.organization_id, d.day
           FROM usage_open_days d
          WHERE d.day < date_trunc('day', now() - interval '1 minute', 'UTC')
            AND NOT EXISTS (SELECT 1 FROM usage_open_hours o WHERE o.organization_id = d.organization_id
                               AND o.hour >= d.day AND o.hour < d.day + interval '24 hours')
          ORDER BY d.day DESC, d.organization_id LIMIT p_most)
    LOOP
        EXIT WHEN v_count >= p_most;
        CONTINUE WHEN NOT pg_try_advisory_xact_lock(4715, hashtext(v_open.organization_id::text));
        IF v_open.unit = 'hour' THEN
            INSERT INTO usage_open_days (organization_id, day)
            SELECT v_open.organization_id, date_trunc('day', v_open.starts_at, 'UTC') EXCEPT
            SELECT d.organization_id, d.day FROM usage_open_days d WHERE d.organization_id = v_open.organization_id;
        END IF;
        EXECUTE format('DELETE FROM usage_open_%1$ss WHERE organization_id = $1 AND %1$s = $2', v_open.unit)
          USING v_open.organization_id, v_open.starts_at;
        -- each cut is named, for the one index of an organization's moments begins with it
        EXECUTE format('DELETE FROM usage_%s WHERE organization_id = $1 AND cut = ANY ($3) AND is_model = ANY ($4) AND %I = $2',
                       v_open.kept, v_open.unit)
          USING v_open.organization_id, v_open.starts_at, c_cuts, '{true,false}'::boolean[];
        EXECUTE format('INSERT INTO usage_%1$s (organization_id, %2$I, %3$s) SELECT $1, $2, %3$s
                          FROM api.sum_up_usage($1, $2, $2 + $3, $4)', v_open.kept, v_open.unit, c_columns)
          USING v_open.organization_id, v_open.starts_at, v_open.lasts, c_cuts;
        v_count := v_count + 1;
    END LOOP;
    RETURN v_count;
END
$$;
