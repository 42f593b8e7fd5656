-- api.guard_run()
-- A run that has ended stays as it ended. A person can ask for its cancellation, cancel it where no worker holds it,
-- and put a paused one back into the queue; everything else of a run is the engine's to write. The legal moves stand
-- in lib/runs/states.py; a test holds the two together.
CREATE FUNCTION api.guard_run() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF OLD.status IN ('completed', 'failed', 'cancelled') THEN
        RAISE EXCEPTION 'run % has ended as %', OLD.id, OLD.status USING ERRCODE = 'check_violation';
    END IF;
    IF current_user <> 'authenticated' THEN
        RETURN NEW;
    END IF;
    IF NEW.status = OLD.status THEN
        IF to_jsonb(NEW) - 'cancel_requested_at' <> to_jsonb(OLD) - 'cancel_requested_at' THEN
            RAISE EXCEPTION 'what the engine writes of a run is not a person''s to change'
                USING ERRCODE = 'insufficient_privilege';
        END IF;
    ELSIF NOT (
           NEW.status = 'cancelled' AND OLD.status IN ('queued', 'paused', 'waiting_review')
        OR NEW.status = 'queued' AND OLD.status = 'paused') THEN
        RAISE EXCEPTION 'a person can''t move a run from % to %', OLD.status, NEW.status
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;
