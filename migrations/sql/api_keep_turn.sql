-- api.keep_turn()
-- A run holds its place from its admission until it is neither queued nor running any more, whoever moves it. One that
-- waits for its turn is not walked: a workflow that is left from before it paused finds nothing to take. Its priority is
-- its place in the line, and so settled once it runs. One that was set aside is not any more once somebody walks it, or
-- moves it.
CREATE FUNCTION api.keep_turn() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF NEW.priority <> OLD.priority AND OLD.status <> 'queued' THEN
        RAISE EXCEPTION 'run % is % and keeps its priority', OLD.id, OLD.status USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.status NOT IN ('queued', 'running') THEN
        NEW.admitted_at := NULL;
    ELSIF NEW.admitted_at IS NULL AND NEW.worker_token IS NOT NULL
          AND NEW.worker_token IS DISTINCT FROM OLD.worker_token THEN
        RETURN NULL;
    END IF;
    IF NEW.status <> 'running' OR NEW.worker_token IS NOT NULL THEN
        NEW.resume_at := NULL;
    END IF;
    RETURN NEW;
END
$$;
