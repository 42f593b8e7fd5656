-- api.end_access()
-- Whoever is deactivated or deleted has no session any more, also after they are let in again.
CREATE FUNCTION api.end_access() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    UPDATE user_sessions SET revoked_at = now() WHERE user_id = NEW.id AND revoked_at IS NULL AND expires_at > now();
    RETURN NULL;
END
$$;
