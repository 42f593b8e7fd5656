-- api.guard_organizations()
-- Tier, quota and the period belong to the installation's operator; an admin edits the rest.
CREATE FUNCTION api.guard_organizations() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF current_user = 'authenticated' AND (
           NEW.id, NEW.subscription_tier, NEW.api_quota_limit, NEW.api_quota_used, NEW.quota_resets_at, NEW.created_at)
       IS DISTINCT FROM (
           OLD.id, OLD.subscription_tier, OLD.api_quota_limit, OLD.api_quota_used, OLD.quota_resets_at, OLD.created_at)
    THEN
        RAISE EXCEPTION 'tier and quota are the operator''s to change' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;
