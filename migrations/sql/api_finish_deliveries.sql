-- api.finish_deliveries(jsonb)
-- What came of deliveries, each once: [{id, attempt, url, outcome, status_code, error, response, started_at, duration_ms,
-- wait_seconds, hold_seconds, is_gone}], `url` is where it was sent, `outcome` is delivered, retry (due again after
-- wait_seconds) or failed. The word of an attempt that was taken over counts only if it says that it was delivered. An endpoint that has failed three times
-- in a row is left alone for longer and longer, up to a minute, or for as long as it asks (hold_seconds). One that says
-- that it is gone, or has failed twenty times and for a day, is stopped: what waits for it stays, and who manages webhooks
-- is told by mail. Test events count for nothing.
CREATE FUNCTION api.finish_deliveries(p_results jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    c_failing CONSTANT integer := 3;
    c_most_failures CONSTANT integer := 20;
    c_longest CONSTANT interval := '24 hours';
    v_said record;
    v_webhook webhooks;
BEGIN
    -- endpoints first and in one order: two workers that end deliveries of the same never wait for each other
    PERFORM 1 FROM webhooks w
      WHERE w.id IN (SELECT d.webhook_id FROM webhook_deliveries d
                       JOIN jsonb_array_elements(p_results) x ON d.id = (x ->> 'id')::uuid)
      ORDER BY w.id FOR NO KEY UPDATE;
    FOR v_said IN
        WITH said AS (
            SELECT * FROM jsonb_to_recordset(p_results) AS x(
                id uuid, attempt integer, outcome text, status_code integer, error text, response text,
                started_at timestamptz, duration_ms integer, wait_seconds double precision,
                hold_seconds double precision, is_gone boolean, url text)
        ), noted AS (
            INSERT INTO webhook_attempts AS a (organization_id, delivery_id, number, started_at, duration_ms,
                                               status_code, error, response, url, resume_at)
            SELECT d.organization_id, d.id, s.attempt, s.started_at, s.duration_ms, s.status_code, s.error, s.response,
                   s.url, now() + make_interval(secs => s.hold_seconds)
              FROM said s JOIN webhook_deliveries d USING (id)
            ON CONFLICT (organization_id, delivery_id, number) DO UPDATE
               SET started_at = excluded.started_at, duration_ms = excluded.duration_ms,
                   status_code = excluded.status_code, error = excluded.error, response = excluded.response,
                   url = excluded.url, resume_at = excluded.resume_at
        ), ended AS (
            UPDATE webhook_deliveries d
               SET status = CASE s.outcome WHEN 'retry' THEN 'pending' ELSE s.outcome END,
                   next_attempt_at = CASE WHEN s.outcome = 'retry' AND (w.is_active OR d.event_type = 'webhook.test')
                                          THEN now() + make_interval(secs => s.wait_seconds) END,
                   status_code = s.status_code, error = s.error, duration_ms = s.duration_ms,
                   finished_at = CASE WHEN s.outcome <> 'retry' THEN now() END
              FROM said s, webhooks w
             WHERE d.id = s.id AND w.id = d.webhook_id
               AND (d.status = 'sending' AND d.attempts = s.attempt
                    OR s.outcome = 'delivered' AND d.status <> 'delivered')
            RETURNING d.webhook_id, d.event_type, s.*
        )
        SELECT webhook_id, bool_or(outcome = 'delivered') AS has_worked, count(*)::integer AS times,
               max(hold_seconds) AS hold_seconds, bool_or(is_gone) AS is_gone,
               (array_agg(error ORDER BY started_at DESC))[1] AS error, min(started_at) AS since,
               max(started_at) AS last_at
          FROM ended WHERE event_type <> 'webhook.test' GROUP BY webhook_id ORDER BY webhook_id
    LOOP
        UPDATE webhooks w
           SET last_triggered_at = greatest(w.last_triggered_at, v_said.last_at),
               consecutive_failures = CASE WHEN v_said.has_worked THEN 0
                                           ELSE w.consecutive_failures + v_said.times END,
               failing_since = CASE WHEN NOT v_said.has_worked THEN coalesce(w.failing_since, v_said.since) END,
               resume_at = greatest(w.resume_at, CASE
                   WHEN v_said.hold_seconds IS NOT NULL THEN now() + make_interval(secs => v_said.hold_seconds)
                   WHEN NOT v_said.has_worked AND w.consecutive_failures + v_said.times >= c_failing THEN
                       now() + make_interval(secs => least(
                           power(2, least(w.consecutive_failures + v_said.times - c_failing, 6)), 60)) END)
         WHERE w.id = v_said.webhook_id
        RETURNING * INTO v_webhook;
        CONTINUE WHEN NOT v_webhook.is_active OR NOT coalesce(v_said.is_gone, false) AND NOT (
            v_webhook.consecutive_failures >= c_most_failures AND v_webhook.failing_since <= now() - c_longest);
        PERFORM set_config('request.jwt.claims', jsonb_build_object(
            'organization', v_webhook.organization_id, 'user_agent', 'engine/webhook')::text, true);
        UPDATE webhooks w
           SET is_active = false, disabled_at = now(), disabled_reason = CASE
                   WHEN v_said.is_gone THEN v_said.error
                   ELSE format('%s attempts in a row have failed, for %s hours. The last one: %s',
                               v_webhook.consecutive_failures,
                               round(extract(epoch FROM now() - v_webhook.failing_since) / 3600), v_said.error) END
         WHERE w.id = v_webhook.id
        RETURNING * INTO v_webhook;
        INSERT INTO mail_outbox (kind, recipient, organization_id, "values")
        SELECT 'webhook_stopped_notice', u.email, o.id, jsonb_build_object(
                   'name', coalesce(u.full_name, u.username), 'webhook', v_webhook.name,
                   'reason', v_webhook.disabled_reason)
          FROM users u JOIN organizations o ON o.id = u.organization_id
         WHERE o.id = v_webhook.organization_id AND o.sample_made_at IS NULL
           AND u.deactivated_at IS NULL AND u.deleted_at IS NULL
           AND api.rights(u.role, u.permissions) ? 'webhooks.manage'
         ORDER BY u.id LIMIT 500;
        PERFORM pg_notify('orchestrator_mail', '');
    END LOOP;
END
$$;
