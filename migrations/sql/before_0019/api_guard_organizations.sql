-- api.guard_organizations()
-- Tier, quota, the period and the end belong to the installation's operator; an admin edits the rest. A sample stays
-- one and a real organization never becomes one, whoever asks: only a sample can be removed.
CREATE FUNCTION api.guard_organizations() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF current_user = 'authenticated' AND (
           NEW.id, NEW.subscription_tier, NEW.api_quota_limit, NEW.api_quota_used, NEW.quota_resets_at, NEW.created_at,
           NEW.deleted_at, NEW.sample_made_at)
       IS DISTINCT FROM (
           OLD.id, OLD.subscription_tier, OLD.api_quota_limit, OLD.api_quota_used, OLD.quota_resets_at, OLD.created_at,
           OLD.deleted_at, OLD.sample_made_at)
    THEN
        RAISE EXCEPTION 'tier, quota and the end of an organization are the operator''s to change' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF (NEW.sample_made_at IS NULL) <> (OLD.sample_made_at IS NULL) THEN
        RAISE EXCEPTION 'a real organization is never a sample, nor a sample a real one'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;
