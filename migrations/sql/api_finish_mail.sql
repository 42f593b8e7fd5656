-- api.finish_mail(uuid)
-- A mail was sent, by whichever attempt: what it said is kept no longer.
CREATE FUNCTION api.finish_mail(p_id uuid) RETURNS void
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    UPDATE mail_outbox SET status = 'sent', sent_at = now(), last_error = NULL, secret = NULL, "values" = '{}'
     WHERE id = p_id AND status <> 'sent'
$$;
