-- api.claim_mail(integer)
-- Takes the mail that is due first, for a number of seconds: whoever has not said by then what came of it is taken for
-- dead, and the mail is due again. Each has another attempt's number, by which a late word is told from a good one.
CREATE FUNCTION api.claim_mail(p_seconds integer)
RETURNS TABLE (id uuid, kind text, recipient text, organization_id uuid, "values" jsonb, secret bytea,
               attempts integer, created_at timestamptz)
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    UPDATE mail_outbox m
       SET status = 'sending', attempts = m.attempts + 1, next_attempt_at = now() + make_interval(secs => p_seconds)
     WHERE m.id = (
         SELECT due.id FROM mail_outbox due
          WHERE due.status IN ('queued', 'sending') AND due.next_attempt_at <= now()
          ORDER BY due.next_attempt_at LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING m.id, m.kind, m.recipient, m.organization_id, m."values", m.secret, m.attempts, m.created_at
$$;
