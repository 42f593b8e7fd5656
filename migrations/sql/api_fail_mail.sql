-- api.fail_mail(uuid, integer, text, integer)
-- An attempt came to nothing: the mail is due again after a wait, or has failed for good where that is NULL. The word of
-- an attempt that was taken over counts for nothing.
CREATE FUNCTION api.fail_mail(p_id uuid, p_attempt integer, p_error text, p_wait_seconds integer) RETURNS void
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    UPDATE mail_outbox
       SET status = CASE WHEN p_wait_seconds IS NULL THEN 'failed' ELSE 'queued' END,
           next_attempt_at = now() + make_interval(secs => coalesce(p_wait_seconds, 0)),
           last_error = p_error,
           secret = CASE WHEN p_wait_seconds IS NOT NULL THEN secret END,
           "values" = CASE WHEN p_wait_seconds IS NULL THEN '{}' ELSE "values" END
     WHERE id = p_id AND attempts = p_attempt AND status = 'sending'
$$;
