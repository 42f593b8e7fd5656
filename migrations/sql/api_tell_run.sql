-- api.tell_run()
-- Tells endpoints of a run's launch, its first start, and how it lies still or ends. With its failure the phases that have
-- failed are told of: only now nobody asks their models once more.
CREATE FUNCTION api.tell_run() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_type text := CASE
        WHEN TG_OP = 'INSERT' THEN CASE WHEN NEW.status = 'queued' THEN 'run.queued' END
        WHEN NEW.status = 'running' THEN CASE WHEN OLD.started_at IS NULL THEN 'run.started' END
        WHEN NEW.status IN ('completed', 'failed', 'cancelled', 'waiting_review', 'paused') THEN 'run.' || NEW.status END;
    v_phase phase_executions;
BEGIN
    IF v_type IS NULL OR NOT api.is_listened(NEW.organization_id, CASE
        WHEN v_type = 'run.failed' THEN ARRAY[v_type, 'phase.failed'] ELSE ARRAY[v_type] END) THEN
        RETURN NULL;
    END IF;
    IF v_type = 'run.failed' AND api.is_listened(NEW.organization_id, ARRAY['phase.failed']) THEN
        FOR v_phase IN
            SELECT * FROM (SELECT DISTINCT ON (phase_code) * FROM phase_executions
                            WHERE run_id = NEW.id ORDER BY phase_code, attempt DESC) newest
             WHERE newest.status = 'failed' ORDER BY newest.position
        LOOP
            PERFORM api.emit_event(NEW.organization_id, 'phase.failed', api.phase_card(v_phase), NEW.user_id);
        END LOOP;
    END IF;
    IF api.is_listened(NEW.organization_id, ARRAY[v_type]) THEN
        PERFORM api.emit_event(NEW.organization_id, v_type, api.run_card(NEW), NEW.user_id);
    END IF;
    RETURN NULL;
END
$$;
