-- api.expire_usage(uuid, timestamptz, integer)
-- Part of api.expire: removes calls from before that moment, at most so many, with the sums that they are in. What is left of
-- their hours is read from the rows until it is summed up anew. What budgets have counted stays counted.
CREATE FUNCTION api.expire_usage(p_organization uuid, p_before timestamptz, p_most integer) RETURNS jsonb
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    -- of sums, for the one index of an organization's moments begins with these
    c_cuts CONSTANT text[] := '{all,none,project,person,template,model,endpoint,error}';
    c_kinds CONSTANT boolean[] := '{true,false}';
    v_hours timestamptz[];
    v_days timestamptz[];
    v_count bigint;
BEGIN
    -- nobody sums up these hours meanwhile, and whoever writes usage need not wait
    PERFORM pg_advisory_xact_lock_shared(4715, hashtext(p_organization::text));
    WITH old AS (
        SELECT u.id FROM api_usage u
         WHERE u.organization_id = p_organization AND u.created_at < p_before
           AND NOT api.is_kept(p_organization, u.project_id)
         ORDER BY u.created_at, u.id LIMIT p_most
    ), gone AS (
        DELETE FROM api_usage u USING old WHERE u.id = old.id RETURNING date_trunc('hour', u.created_at, 'UTC') AS hour
    )
    SELECT count(*), array_agg(DISTINCT g.hour) INTO v_count, v_hours FROM gone g;
    IF v_count = 0 THEN
        RETURN NULL;
    END IF;
    INSERT INTO usage_open_hours (organization_id, hour)
    SELECT p_organization, h FROM unnest(v_hours) AS h EXCEPT
    SELECT o.organization_id, o.hour FROM usage_open_hours o WHERE o.organization_id = p_organization;
    v_days := ARRAY(SELECT DISTINCT date_trunc('day', h, 'UTC') FROM unnest(v_hours) AS h);
    DELETE FROM usage_hourly WHERE organization_id = p_organization AND cut = ANY (c_cuts) AND is_model = ANY (c_kinds)
       AND hour = ANY (v_hours);
    DELETE FROM usage_daily WHERE organization_id = p_organization AND cut = ANY (c_cuts) AND is_model = ANY (c_kinds)
       AND day = ANY (v_days);
    RETURN jsonb_build_object('calls', v_count);
END
$$;
