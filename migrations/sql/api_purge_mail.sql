-- api.purge_mail()
-- Ends what has waited for a week, and removes what is older than 30 days. Says how many waited in vain.
CREATE FUNCTION api.purge_mail() RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_expired integer;
BEGIN
    DELETE FROM mail_outbox WHERE status IN ('sent', 'failed') AND created_at < now() - interval '30 days';
    UPDATE mail_outbox
       SET status = 'failed', secret = NULL, "values" = '{}',
           last_error = 'It waited for a week and was not sent. ' || coalesce(last_error, 'No worker had a mail server.')
     WHERE status IN ('queued', 'sending') AND next_attempt_at < now() + interval '1 day'
       AND created_at < now() - interval '7 days';
    GET DIAGNOSTICS v_expired = ROW_COUNT;
    RETURN v_expired;
END
$$;
