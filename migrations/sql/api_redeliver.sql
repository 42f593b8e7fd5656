-- api.redeliver(uuid, uuid[], timestamptz)
-- Has deliveries of an endpoint sent once more, with attempts of their own: those given that are not under way, or all that
-- have failed, of events since a moment. Says how many; NULL where there is no such endpoint. Test events are sent anew instead.
CREATE FUNCTION api.redeliver(p_webhook uuid, p_deliveries uuid[], p_since timestamptz) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_webhook webhooks := api.hold_webhook(p_webhook);
    v_count integer;
BEGIN
    IF v_webhook.id IS NULL THEN
        RETURN NULL;
    END IF;
    UPDATE webhook_deliveries d
       SET status = 'pending', earlier_attempts = d.attempts, finished_at = NULL,
           next_attempt_at = CASE WHEN v_webhook.is_active THEN clock_timestamp() END
     WHERE d.webhook_id = v_webhook.id AND d.event_type <> 'webhook.test'
       AND CASE WHEN p_deliveries IS NULL THEN d.status = 'failed' AND d.created_at >= p_since
                ELSE d.id = ANY (p_deliveries) AND d.status <> 'sending' END;
    GET DIAGNOSTICS v_count = ROW_COUNT;
    UPDATE webhooks SET resume_at = NULL WHERE id = v_webhook.id; -- whoever asks does not wait for that
    PERFORM pg_notify('orchestrator_webhooks', '');
    RETURN v_count;
END
$$;
