-- api.claim_deliveries(integer, integer, jsonb)
-- Takes deliveries that are due, the longest first, for a number of seconds: whoever has not said by then what came of one
-- is taken for dead, and it is due again. `p_under_way` says of the caller's own how many an endpoint has at once ({id:
-- count}): one that answers gets eight, one that keeps failing a single one, so that nobody waits for it; one that is to be
-- left alone for a while (`resume_at`) gets none. A test event goes to any endpoint at once. Returns {deliveries, wait_ms}:
-- what to send, with the secrets as they are sealed, and how long nothing else is due (null: nothing waits).
CREATE FUNCTION api.claim_deliveries(p_most integer, p_held_seconds integer, p_under_way jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    c_each CONSTANT integer := 8;
    c_failing CONSTANT integer := 3;
    c_window CONSTANT integer := 500;
    v_claimed jsonb;
    v_next timestamptz;
BEGIN
    WITH off AS (
        SELECT w.id FROM webhooks w JOIN organizations o ON o.id = w.organization_id
         WHERE w.resume_at > now() OR NOT w.is_active
            OR o.suspended_at IS NOT NULL OR o.deleted_at IS NOT NULL OR o.sample_made_at IS NOT NULL
        UNION ALL
        SELECT w.id FROM jsonb_each_text(p_under_way) u JOIN webhooks w ON w.id = u.key::uuid
         WHERE u.value::integer >= CASE WHEN w.consecutive_failures >= c_failing THEN 1 ELSE c_each END
    ), due AS MATERIALIZED (
        SELECT d.id, d.webhook_id, d.next_attempt_at, d.event_type = 'webhook.test' AS is_test
          FROM webhook_deliveries d
         WHERE d.status IN ('pending', 'sending') AND d.next_attempt_at <= now()
           AND (d.webhook_id NOT IN (SELECT off.id FROM off) OR d.event_type = 'webhook.test')
         ORDER BY d.next_attempt_at LIMIT c_window
    ), ranked AS (
        SELECT due.id, due.next_attempt_at, due.is_test,
               row_number() OVER (PARTITION BY due.webhook_id ORDER BY due.is_test DESC, due.next_attempt_at) AS n,
               CASE WHEN w.consecutive_failures >= c_failing THEN 1 ELSE c_each END
               - coalesce((p_under_way ->> w.id::text)::integer, 0) AS room
          FROM due
          JOIN webhooks w ON w.id = due.webhook_id AND (w.is_active OR due.is_test)
          JOIN organizations o ON o.id = w.organization_id
         WHERE o.suspended_at IS NULL AND o.deleted_at IS NULL AND o.sample_made_at IS NULL
    ), chosen AS (
        SELECT d.id, d.status = 'sending' AS is_lost, d.attempts, d.organization_id, d.next_attempt_at
          FROM webhook_deliveries d
         WHERE d.id IN (SELECT r.id FROM ranked r WHERE r.is_test OR r.n <= r.room
                         ORDER BY r.is_test DESC, r.next_attempt_at LIMIT p_most)
           AND d.status IN ('pending', 'sending') AND d.next_attempt_at <= now()
           FOR UPDATE SKIP LOCKED
    ), lost AS (
        INSERT INTO webhook_attempts (organization_id, delivery_id, number, started_at, error)
        SELECT c.organization_id, c.id, c.attempts, c.next_attempt_at - make_interval(secs => p_held_seconds),
               'The worker that sent it stopped before it had noted the answer; it may have arrived.'
          FROM chosen c WHERE c.is_lost
        ON CONFLICT (organization_id, delivery_id, number) DO NOTHING
    ), taken AS (
        UPDATE webhook_deliveries d
           SET status = 'sending', attempts = d.attempts + 1,
               next_attempt_at = now() + make_interval(secs => p_held_seconds)
          FROM chosen c WHERE d.id = c.id
        RETURNING d.*, c.next_attempt_at AS due_at
    )
    SELECT jsonb_agg(jsonb_build_object(
               'id', t.id, 'webhook_id', t.webhook_id, 'organization_id', t.organization_id,
               'attempt', t.attempts, 'earlier_attempts', t.earlier_attempts,
               'url', w.url, 'secret', w.secret_key,
               'previous_secret', CASE WHEN w.previous_secret_expires_at > now() THEN w.previous_secret_key END,
               'event_id', e.id, 'type', e.type, 'created_at', e.created_at, 'actor', e.actor, 'data', e.data)
               ORDER BY t.due_at)
      INTO v_claimed
      FROM taken t JOIN webhooks w ON w.id = t.webhook_id JOIN webhook_events e ON e.id = t.event_id;
    IF v_claimed IS NULL THEN
        SELECT min(due) INTO v_next FROM (
            (SELECT d.next_attempt_at AS due FROM webhook_deliveries d
              WHERE d.status IN ('pending', 'sending') AND d.next_attempt_at > now() ORDER BY 1 LIMIT 1)
            UNION ALL (SELECT w.resume_at FROM webhooks w WHERE w.resume_at > now() ORDER BY 1 LIMIT 1)) AS later;
    END IF;
    RETURN jsonb_build_object('deliveries', coalesce(v_claimed, '[]'),
                              'wait_ms', ceil(extract(epoch FROM v_next - clock_timestamp()) * 1000));
END
$$;
