-- api.switch_webhook()
-- An endpoint that goes off keeps what waits for it without a time; one that goes on begins anew, and that is due. Whoever
-- switches it off says no reason: that is a stop's.
CREATE FUNCTION api.switch_webhook() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF NEW.is_active THEN
        NEW.disabled_at := NULL;
        NEW.disabled_reason := NULL;
        NEW.consecutive_failures := 0;
        NEW.failing_since := NULL;
        NEW.resume_at := NULL;
    END IF;
    UPDATE webhook_deliveries SET next_attempt_at = CASE WHEN NEW.is_active THEN now() END
     WHERE organization_id = NEW.organization_id AND webhook_id = NEW.id AND status = 'pending' AND event_type <> 'webhook.test';
    PERFORM pg_notify('orchestrator_webhooks', '');
    RETURN NEW;
END
$$;
