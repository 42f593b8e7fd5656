-- api.guard_phase()
-- An attempt that has ended stays as it ended, answer and all; none becomes another run's phase after it was made.
CREATE FUNCTION api.guard_phase() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF OLD.status IN ('completed', 'failed', 'skipped', 'cancelled', 'rejected') THEN
        RAISE EXCEPTION 'phase % attempt % has ended as %', OLD.phase_code, OLD.attempt, OLD.status
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.reused_from IS DISTINCT FROM OLD.reused_from THEN
        RAISE EXCEPTION 'phase % attempt % can''t be taken over any more', OLD.phase_code, OLD.attempt
            USING ERRCODE = 'check_violation';
    END IF;
    IF current_user = 'authenticated' AND NEW.status <> 'cancelled' THEN
        RAISE EXCEPTION 'a person can''t move a phase to %', NEW.status USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF NEW.status IN ('completed', 'failed', 'skipped', 'cancelled', 'rejected') THEN
        NEW.completed_at := clock_timestamp();
    END IF;
    RETURN NEW;
END
$$;
