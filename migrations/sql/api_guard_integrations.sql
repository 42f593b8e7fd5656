-- api.guard_integrations()
-- A secret belongs to the kind and target that it was entered for: whoever may edit a connection but does not know its
-- secret must not have it sent elsewhere. What a connection is called in templates stays. Where a person lets it lead
-- elsewhere it is another revision, for which no earlier approval counts; sealing the secret with another key is none.
CREATE FUNCTION api.guard_integrations() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF (NEW.id, NEW.organization_id, NEW.slug, NEW.kind, NEW.created_by, NEW.created_at)
       IS DISTINCT FROM (OLD.id, OLD.organization_id, OLD.slug, OLD.kind, OLD.created_by, OLD.created_at) THEN
        RAISE EXCEPTION 'what a connection is, is called and who made it stays' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF NEW.target IS DISTINCT FROM OLD.target AND NEW.encrypted_secret IS NOT DISTINCT FROM OLD.encrypted_secret THEN
        RAISE EXCEPTION 'another target needs its secret entered anew' USING ERRCODE = 'insufficient_privilege';
    END IF;
    NEW.revision := OLD.revision + (current_user = 'authenticated' AND
        (NEW.target, NEW.settings, NEW.encrypted_secret) IS DISTINCT FROM
        (OLD.target, OLD.settings, OLD.encrypted_secret))::int;
    RETURN NEW;
END
$$;
