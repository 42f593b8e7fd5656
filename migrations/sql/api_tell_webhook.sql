-- api.tell_webhook()
-- Tells the other endpoints of one that was stopped because it kept failing. It names no address: that may hold a secret.
CREATE FUNCTION api.tell_webhook() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF api.is_listened(NEW.organization_id, ARRAY['webhook.disabled']) THEN
        PERFORM api.emit_event(NEW.organization_id, 'webhook.disabled', jsonb_build_object(
            'webhook', jsonb_build_object(
                'id', NEW.id, 'name', NEW.name, 'disabled_at', NEW.disabled_at, 'reason', NEW.disabled_reason)), NULL);
    END IF;
    RETURN NULL;
END
$$;
