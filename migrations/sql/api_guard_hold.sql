-- api.guard_hold()
-- A hold is placed once no removal of its organization is under way (api.remove_runs, api.remove_expired), so that nothing
-- goes from then on; it stays as it was placed, and is released once.
CREATE FUNCTION api.guard_hold() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM pg_advisory_xact_lock(4718, hashtext(NEW.organization_id::text));
        RETURN NEW;
    END IF;
    IF OLD.released_at IS NOT NULL THEN
        RAISE EXCEPTION 'hold % is released', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    NEW.released_at := clock_timestamp();
    RETURN NEW;
END
$$;
