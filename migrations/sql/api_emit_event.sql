-- api.emit_event(uuid, text, jsonb, uuid)
-- Part of every trigger that tells of something: writes the event, and a delivery for each endpoint that wants it, in the
-- transaction of what it tells. Those of an endpoint that is off have no time until it is on again. Whoever caused it is
-- the person whom the transaction announced, else the one given.
CREATE FUNCTION api.emit_event(p_organization uuid, p_type text, p_data jsonb, p_actor uuid) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_event uuid;
BEGIN
    INSERT INTO webhook_events (organization_id, type, actor, data)
    VALUES (p_organization, p_type, api.person_card(coalesce(auth.uid(), p_actor)), p_data)
    RETURNING id INTO v_event;
    INSERT INTO webhook_deliveries (organization_id, webhook_id, event_id, event_type, next_attempt_at)
    SELECT p_organization, w.id, v_event, p_type, CASE WHEN w.is_active THEN clock_timestamp() END
      -- as they stand once nobody changes them: one that is being deleted drops out, one that goes on is on
      FROM (SELECT l.id, l.is_active FROM webhooks l
             WHERE l.organization_id = p_organization AND p_type = ANY (l.events)
               AND (p_type <> 'webhook.disabled' OR l.id::text <> p_data #>> '{webhook,id}')
             ORDER BY l.id FOR KEY SHARE) w;
    PERFORM pg_notify('orchestrator_webhooks', '');
END
$$;
