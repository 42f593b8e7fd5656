-- api.drop_deliveries(uuid)
-- What waits for an endpoint is not sent to it, unless somebody has it delivered again. Says how many those are; NULL where
-- there is no such endpoint.
CREATE FUNCTION api.drop_deliveries(p_webhook uuid) RETURNS integer
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
    UPDATE webhook_deliveries SET status = 'dropped', next_attempt_at = NULL, finished_at = now()
     WHERE organization_id = v_webhook.organization_id AND webhook_id = v_webhook.id AND status = 'pending' AND event_type <> 'webhook.test';
    GET DIAGNOSTICS v_count = ROW_COUNT;
    RETURN v_count;
END
$$;
