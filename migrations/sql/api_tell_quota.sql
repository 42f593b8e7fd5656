-- api.tell_quota()
-- Tells endpoints, governors and operators that 80 % of the month's calls are used, or all of them: of the highest that
-- one step reaches. The row is locked and counted in this very transaction, and only what comes to a share with it calls
-- this: so each is told once. A counter whose month is over is old, and says nothing.
CREATE FUNCTION api.tell_quota() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_percent integer := CASE WHEN NEW.api_quota_used >= NEW.api_quota_limit THEN 100 ELSE 80 END;
BEGIN
    IF NEW.quota_resets_at <= now() THEN
        RETURN NULL;
    END IF;
    PERFORM api.mail_quota(NEW, v_percent);
    IF api.is_listened(NEW.id, ARRAY['quota.threshold']) THEN
        PERFORM api.emit_event(NEW.id, 'quota.threshold', jsonb_build_object('quota', jsonb_build_object(
            'threshold_percent', v_percent, 'used', NEW.api_quota_used, 'limit', NEW.api_quota_limit,
            'resets_at', NEW.quota_resets_at)), NULL);
    END IF;
    RETURN NULL;
END
$$;
