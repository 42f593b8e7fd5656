-- api.watch_spending()
-- Tells who may change budgets of people who have spent more within some hours than a watch lets them: once for each
-- person, and again only when so many hours are over. Two workers at once take different watches. Returns of how many
-- people was told. It also tells of budgets that allow less than before because a raise has expired.
CREATE FUNCTION api.watch_spending() RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_watch spending_watches;
    v_told integer;
    v_count integer := 0;
BEGIN
    PERFORM api.tell_expired_raises();
    FOR v_watch IN
        SELECT w.* FROM spending_watches w JOIN organizations o ON o.id = w.organization_id
         WHERE w.ended_at IS NULL AND o.suspended_at IS NULL AND o.deleted_at IS NULL AND w.looks_at <= clock_timestamp()
         ORDER BY w.looks_at LIMIT 20
           FOR NO KEY UPDATE OF w SKIP LOCKED
    LOOP
        UPDATE spending_watches SET looks_at = clock_timestamp() + interval '30 seconds' WHERE id = v_watch.id;
        WITH spent AS (
            SELECT u.user_id, sum(u.cost_usd) AS usd FROM api_usage u
             WHERE u.organization_id = v_watch.organization_id AND u.user_id IS NOT NULL
               AND u.created_at > now() - make_interval(hours => v_watch.hours)
             GROUP BY 1 HAVING sum(u.cost_usd) > v_watch.limit_usd
        ), told AS (
            INSERT INTO spending_notices (organization_id, watch_id, user_id, spent_usd)
            SELECT v_watch.organization_id, v_watch.id, s.user_id, s.usd FROM spent s
             WHERE NOT EXISTS (
                   SELECT 1 FROM spending_notices n
                    WHERE n.watch_id = v_watch.id AND n.user_id = s.user_id
                      AND n.told_at > now() - make_interval(hours => v_watch.hours))
            RETURNING user_id, spent_usd
        ), written AS (
            INSERT INTO mail_outbox (kind, recipient, organization_id, "values")
            SELECT 'spending_alert', u.email, o.id, jsonb_build_object(
                       'name', coalesce(u.full_name, u.username), 'person', coalesce(who.full_name, who.username),
                       'spent', to_char(t.spent_usd, 'FM999,999,999,990.00'), 'hours', v_watch.hours::text,
                       'limit', to_char(v_watch.limit_usd, 'FM999,999,999,990.00'))
              FROM told t JOIN users who ON who.id = t.user_id
              JOIN organizations o ON o.id = v_watch.organization_id AND o.sample_made_at IS NULL
              JOIN users u ON u.organization_id = o.id
             WHERE u.deactivated_at IS NULL AND u.deleted_at IS NULL
               AND api.rights(u.role, u.permissions) ? 'budgets.manage'
               AND coalesce(u.preferences #>> '{notifications,budget_reached}', 'true') <> 'false'
             ORDER BY t.user_id, u.id LIMIT 500
        )
        SELECT count(*) INTO v_told FROM told;
        v_count := v_count + v_told;
    END LOOP;
    IF v_count > 0 THEN
        PERFORM pg_notify('orchestrator_mail', '');
    END IF;
    RETURN v_count;
END
$$;
