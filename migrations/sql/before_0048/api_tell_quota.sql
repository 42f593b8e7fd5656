-- api.tell_quota()
-- Tells endpoints that 80 % of the month's calls are used, or all of them: of the highest that one step reaches.
CREATE FUNCTION api.tell_quota() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF api.is_listened(NEW.id, ARRAY['quota.threshold']) THEN
        PERFORM api.emit_event(NEW.id, 'quota.threshold', jsonb_build_object('quota', jsonb_build_object(
            'threshold_percent', CASE WHEN NEW.api_quota_used >= NEW.api_quota_limit THEN 100 ELSE 80 END,
            'used', NEW.api_quota_used, 'limit', NEW.api_quota_limit, 'resets_at', NEW.quota_resets_at)), NULL);
    END IF;
    RETURN NULL;
END
$$;
