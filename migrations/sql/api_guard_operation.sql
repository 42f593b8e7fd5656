-- api.guard_operation()
-- An operation that has ended stays as it ended. A person only cancels one, with its run; why stands in it then.
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
    IF current_user = 'authenticated' AND NEW.status <> 'cancelled' THEN
        RAISE EXCEPTION 'a person can''t move an operation to %', NEW.status USING ERRCODE = 'insufficient_privilege';
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
