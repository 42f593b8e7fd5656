-- api.guard_connections()
-- A key belongs to the address that it was entered for: whoever may edit a connection but does not know its key must not
-- have it sent to an address of theirs. What a connection is called in runs stays, and how a test went only a test says.
CREATE FUNCTION api.guard_connections() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        OLD := NEW;
        OLD.last_tested_at := NULL;
        OLD.last_test := '{}';
    END IF;
    IF (NEW.id, NEW.organization_id, NEW.slug, NEW.created_by, NEW.created_at)
       IS DISTINCT FROM (OLD.id, OLD.organization_id, OLD.slug, OLD.created_by, OLD.created_at) THEN
        RAISE EXCEPTION 'what a connection is called and who made it stays' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF (NEW.vendor, NEW.base_url) IS DISTINCT FROM (OLD.vendor, OLD.base_url)
       AND NEW.encrypted_key IS NOT NULL
       AND NEW.encrypted_key IS NOT DISTINCT FROM OLD.encrypted_key THEN
        RAISE EXCEPTION 'another address needs its key entered anew' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF current_user = 'authenticated'
       AND (NEW.last_tested_at, NEW.last_test) IS DISTINCT FROM (OLD.last_tested_at, OLD.last_test)
       AND (NEW.last_tested_at IS NOT NULL OR NEW.last_test <> '{}') THEN  -- forgetting it is part of an edit
        RAISE EXCEPTION 'how a test went is not a person''s to write' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;
