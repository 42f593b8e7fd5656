-- api.read_work()
-- What goes on and what waits in the whole installation, by kind, and since when the oldest of it: numbers, and nobody's
-- content. The sample workspace is none of it.
CREATE FUNCTION api.read_work() RETURNS TABLE (kind text, number bigint, since timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    PERFORM api.require_operator();
    RETURN QUERY SELECT 'workers.live', api.live_workers()::bigint, NULL::timestamptz;
    RETURN QUERY
    SELECT 'runs.' || s.status, count(r.id),
           min(coalesce(r.started_at, r.created_at))
      FROM unnest(ARRAY['queued', 'running', 'waiting_review', 'paused']) AS s(status)
      LEFT JOIN (orchestration_runs r JOIN organizations o ON o.id = r.organization_id AND o.sample_made_at IS NULL)
        ON r.status = s.status
     GROUP BY s.status;
    RETURN QUERY
    SELECT 'deliveries.due', count(*), min(d.next_attempt_at) FROM webhook_deliveries d
     WHERE d.status IN ('pending', 'sending') AND d.next_attempt_at <= now();
    RETURN QUERY
    SELECT 'mail.due', count(*), min(m.next_attempt_at) FROM mail_outbox m
     WHERE m.status IN ('queued', 'sending') AND m.next_attempt_at <= now();
    RETURN QUERY
    SELECT 'usage.hours', count(*), min(h.hour) FROM usage_open_hours h
     WHERE h.hour < date_trunc('hour', now() - interval '1 minute', 'UTC');
END
$$;
