-- api.rotate_webhook_secret(uuid, text, integer)
-- Gives an endpoint another secret, sealed; the one before signs along for a number of seconds, or no more. Says whether
-- there is such an endpoint.
CREATE FUNCTION api.rotate_webhook_secret(p_webhook uuid, p_secret text, p_overlap_seconds integer) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_webhook webhooks := api.hold_webhook(p_webhook);
BEGIN
    UPDATE webhooks w
       SET secret_key = p_secret,
           previous_secret_key = CASE WHEN p_overlap_seconds > 0 THEN w.secret_key END,
           previous_secret_expires_at = CASE WHEN p_overlap_seconds > 0 THEN
               now() + make_interval(secs => p_overlap_seconds) END
     WHERE w.id = v_webhook.id;
    RETURN FOUND;
END
$$;
