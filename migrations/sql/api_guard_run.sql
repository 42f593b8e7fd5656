-- api.guard_run()
-- A run that has ended stays as it ended, and what it ended with is worked out here, whoever ends it: `results`,
-- `success_rate` and `execution_time_ms` in the specification's shape. A person can ask for its cancellation, cancel it
-- where no worker holds it, and put a paused one back into the queue, which ends the wish to pause it; column grants keep
-- the rest of it from them, and functions that look who asks do it for them (api.pause_run, api.decide_review, …). The
-- legal moves stand in lib/runs/states.py; a test holds the two together.
CREATE FUNCTION api.guard_run() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_phases jsonb;
    v_total integer;
    v_completed integer;
BEGIN
    IF OLD.status IN ('completed', 'failed', 'cancelled') THEN
        RAISE EXCEPTION 'run % has ended as %', OLD.id, OLD.status USING ERRCODE = 'check_violation';
    END IF;
    IF current_user = 'authenticated' AND NEW.status <> OLD.status AND NOT (
           NEW.status = 'cancelled' AND (
               OLD.status IN ('queued', 'paused', 'waiting_review') OR OLD.worker_token IS NULL)
        OR NEW.status = 'queued' AND OLD.status = 'paused') THEN
        RAISE EXCEPTION 'a person can''t move a run from % to %', OLD.status, NEW.status
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF NEW.status = 'queued' AND OLD.status = 'paused' THEN
        NEW.pause_requested_at := NULL;
        NEW.pause_requested_by := NULL;
    END IF;
    IF NEW.status NOT IN ('completed', 'failed', 'cancelled') THEN
        RETURN NEW;
    END IF;
    SELECT coalesce(jsonb_object_agg(phase_code, jsonb_build_object(
               'phase', phase_name, 'status', status, 'response', response_text,
               'execution_time_ms', execution_time_ms)), '{}'),
           count(*), count(*) FILTER (WHERE status = 'completed')
      INTO v_phases, v_total, v_completed
      FROM (SELECT DISTINCT ON (phase_code) * FROM phase_executions
             WHERE run_id = NEW.id ORDER BY phase_code, attempt DESC) newest;
    NEW.completed_at := clock_timestamp();
    NEW.worker_token := NULL;
    NEW.success_rate := round(100.0 * v_completed / greatest(v_total, 1), 2);
    NEW.execution_time_ms := api.milliseconds_since(coalesce(NEW.started_at, NEW.completed_at));
    NEW.results := jsonb_build_object(
        'phases', v_phases,
        'metadata', jsonb_build_object(
            'total_phases', v_total, 'successful_phases', v_completed,
            'success_rate', round(100.0 * v_completed / greatest(v_total, 1), 1) || '%'));
    RETURN NEW;
END
$$;
