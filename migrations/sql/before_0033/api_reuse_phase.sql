-- api.reuse_phase()
-- A phase that is taken over from the run before is a true copy of it, whoever writes the row: answer, prompt and what
-- they took are read here from the completed attempt of the parent run, and nothing that the writer says of them counts.
-- No time was spent on it in this run, so it has no start.
CREATE FUNCTION api.reuse_phase() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_source phase_executions;
BEGIN
    SELECT p.* INTO v_source
      FROM phase_executions p
      JOIN orchestration_runs r ON r.organization_id = p.organization_id AND r.parent_run_id = p.run_id
     WHERE r.id = NEW.run_id AND p.id = NEW.reused_from AND p.organization_id = NEW.organization_id
       AND p.phase_code = NEW.phase_code AND p.status = 'completed';
    IF NOT FOUND THEN
        RAISE EXCEPTION 'phase % is no completed phase of the run before', NEW.reused_from
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    NEW.status := 'completed';
    NEW.attempt := 1;
    NEW.phase_name := v_source.phase_name;
    NEW.model := v_source.model;
    NEW.prompt_text := v_source.prompt_text;
    NEW.response_text := v_source.response_text;
    NEW.finish_reason := v_source.finish_reason;
    NEW.token_usage := v_source.token_usage;
    NEW.cost_usd := v_source.cost_usd;
    NEW.execution_time_ms := v_source.execution_time_ms;
    NEW.error_details := '{}';
    NEW.review_policy := v_source.review_policy;
    NEW.started_at := NULL;
    NEW.completed_at := clock_timestamp();
    RETURN NEW;
END
$$;
