-- api.hold_webhook(uuid)
-- Part of what people do to an endpoint: it, locked, if it is one of their organization; none otherwise. Refuses who may
-- not manage webhooks.
CREATE FUNCTION api.hold_webhook(p_webhook uuid) RETURNS public.webhooks
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_webhook webhooks;
BEGIN
    IF NOT api.may('webhooks.manage') THEN
        RAISE EXCEPTION 'webhooks are not this person''s to manage' USING ERRCODE = 'insufficient_privilege';
    END IF;
    SELECT * INTO v_webhook FROM webhooks w
     WHERE w.id = p_webhook AND w.organization_id = api.organization_id() FOR NO KEY UPDATE;
    RETURN v_webhook;
END
$$;
