-- api.guard_run()
-- A run that has ended stays as it ended. A person can ask for its cancellation and put a paused one back into the
-- queue; every other move is the engine's. The legal moves stand in lib/runs/states.py; a test holds the two together.
CREATE FUNCTION api.guard_run() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF NEW.status = OLD.status THEN
        RETURN NEW;
    END IF;
    IF OLD.status IN ('completed', 'failed', 'cancelled') THEN
        RAISE EXCEPTION 'run % has ended as %', OLD.id, OLD.status USING ERRCODE = 'check_violation';
    END IF;
    IF current_user = 'authenticated' AND NOT (
           NEW.status = 'cancelled' AND OLD.status IN ('queued', 'paused', 'waiting_review')
        OR NEW.status = 'queued' AND OLD.status = 'paused') THEN
        RAISE EXCEPTION 'a person can''t move a run from % to %', OLD.status, NEW.status
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;
