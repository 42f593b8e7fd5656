-- api.guard_operation()
-- An operation that has ended stays as it ended. A person only cancels one that has not begun, with its run, where that
-- is to be cancelled, as the trail says by then, and no worker holds it; why stands in it then. What is under way is its
-- worker's to end, with what the attempt has used.
CREATE FUNCTION api.guard_operation() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF OLD.status IN ('completed', 'failed', 'rejected', 'cancelled') THEN
        RAISE EXCEPTION 'operation % has ended as %', OLD.id, OLD.status USING ERRCODE = 'check_violation';
    END IF;
    IF (NEW.run_id, NEW.phase_execution_id, NEW.operation_type, NEW.operation_params, NEW.idempotency_key)
       IS DISTINCT FROM (OLD.run_id, OLD.phase_execution_id, OLD.operation_type, OLD.operation_params, OLD.idempotency_key)
    THEN
        RAISE EXCEPTION 'what operation % does was decided when it was made', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    IF current_user = 'authenticated' AND NOT (
           NEW.status = 'cancelled' AND OLD.status IN ('pending', 'waiting_approval') AND EXISTS (
               SELECT 1 FROM orchestration_runs
                WHERE id = NEW.run_id AND cancel_requested_at IS NOT NULL AND worker_token IS NULL)) THEN
        RAISE EXCEPTION 'a person can''t move an operation from % to %', OLD.status, NEW.status
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF NEW.status = 'cancelled' AND NEW.error_details = '{}' THEN
        NEW.error_details := jsonb_build_object('kind', 'cancelled', 'message', 'The run ended before it was done.');
    END IF;
    IF NEW.status IN ('completed', 'failed', 'rejected', 'cancelled') THEN
        NEW.completed_at := clock_timestamp();
        NEW.next_attempt_at := NULL;
    END IF;
    RETURN NEW;
END
$$;
