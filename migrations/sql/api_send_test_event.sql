-- api.send_test_event(uuid)
-- An event of no meaning for one endpoint, on or off, and the id of its delivery; NULL where there is no such endpoint.
CREATE FUNCTION api.send_test_event(p_webhook uuid) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_webhook webhooks := api.hold_webhook(p_webhook);
    v_event uuid;
    v_delivery uuid;
BEGIN
    IF v_webhook.id IS NULL THEN
        RETURN NULL;
    END IF;
    INSERT INTO webhook_events (organization_id, type, actor, data)
    VALUES (v_webhook.organization_id, 'webhook.test', api.person_card(api.person_id()),
            jsonb_build_object('webhook', jsonb_build_object('id', v_webhook.id, 'name', v_webhook.name)))
    RETURNING id INTO v_event;
    INSERT INTO webhook_deliveries (organization_id, webhook_id, event_id, event_type, next_attempt_at)
    VALUES (v_webhook.organization_id, v_webhook.id, v_event, 'webhook.test', clock_timestamp())
    RETURNING id INTO v_delivery;
    PERFORM pg_notify('orchestrator_webhooks', '');
    RETURN v_delivery;
END
$$;
