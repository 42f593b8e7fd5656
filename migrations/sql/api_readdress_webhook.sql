-- api.readdress_webhook()
-- An endpoint that moves is not left alone for what its old address has asked for, or failed at.
CREATE FUNCTION api.readdress_webhook() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    NEW.resume_at := NULL;
    PERFORM pg_notify('orchestrator_webhooks', '');
    RETURN NEW;
END
$$;
