-- api.purge_events(integer)
-- Removes events of more than 30 days ago, with their deliveries and attempts, at most so many at once. Says how many. What
-- was written in the moment in which its endpoint was switched, and missed that, gets its time, or loses it.
CREATE FUNCTION api.purge_events(p_most integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_count integer;
BEGIN
    UPDATE webhook_deliveries d SET next_attempt_at = CASE WHEN w.is_active THEN now() END
      FROM webhooks w
     WHERE w.organization_id = d.organization_id AND w.id = d.webhook_id AND d.status = 'pending'
       AND d.event_type <> 'webhook.test' AND w.is_active = (d.next_attempt_at IS NULL);
    DELETE FROM webhook_events WHERE id IN (
        SELECT e.id FROM webhook_events e WHERE e.created_at < now() - interval '30 days'
         ORDER BY e.created_at LIMIT p_most FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS v_count = ROW_COUNT;
    RETURN v_count;
END
$$;
