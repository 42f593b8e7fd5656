-- api.end_review(orchestration_runs, phase_executions, text, text, text)
-- Part of api.decide_review, which holds the run's lock: what a decision does to the attempt and its run. An answer that
-- was edited takes the place of the model's own, which is kept beside it; one that is sent back gets a successor, which
-- asks the phase's first model. A run that waits goes back into the line, and to its place at the end of the transaction
-- (api.admit_next); one that was set aside is taken up, one that is rejected while no worker holds it ends here; a worker
-- that holds it is told.
CREATE FUNCTION api.end_review(
    p_run public.orchestration_runs, p_phase public.phase_executions, p_outcome text, p_comment text, p_edited text
) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_error jsonb := '{}';
BEGIN
    IF p_outcome = 'approved' THEN
        UPDATE phase_executions
           SET status = 'completed', response_text = coalesce(p_edited, response_text),
               original_response = CASE WHEN p_edited <> response_text THEN response_text END
         WHERE id = p_phase.id;
        UPDATE orchestration_runs SET completed_phases = completed_phases + 1 WHERE id = p_run.id;
    ELSIF p_outcome = 'redone' THEN
        UPDATE phase_executions SET status = 'rejected', redo_comment = p_comment WHERE id = p_phase.id;
        INSERT INTO phase_executions (organization_id, run_id, phase_code, phase_name, position, depends_on, attempt,
                                      model, review_policy)
        VALUES (p_phase.organization_id, p_phase.run_id, p_phase.phase_code, p_phase.phase_name, p_phase.position,
                p_phase.depends_on, p_phase.attempt + 1,
                (SELECT x ->> 'model' FROM jsonb_array_elements(p_run.plan -> 'phases') AS x
                  WHERE x ->> 'code' = p_phase.phase_code), p_phase.review_policy);
    ELSE
        v_error := jsonb_build_object('kind', 'rejected', 'phase', p_phase.phase_code, 'attempt', p_phase.attempt,
            'message', (SELECT format('%s rejected the answer: %s', coalesce(full_name, username), p_comment)
                          FROM users WHERE id = api.person_id()));
        UPDATE phase_executions SET status = 'rejected', error_details = v_error - '{phase,attempt}'::text[]
         WHERE id = p_phase.id;
    END IF;
    IF p_run.worker_token IS NOT NULL THEN
        PERFORM pg_notify('orchestrator_steer', '');
    ELSIF p_outcome = 'rejected' THEN
        PERFORM api.end_run(p_run.id, 'failed', v_error);
    ELSIF p_run.status = 'running' THEN
        UPDATE orchestration_runs SET resume_at = NULL WHERE id = p_run.id;
        PERFORM api.queue_run(p_run.organization_id, p_run.id);
    ELSIF p_run.status = 'waiting_review' THEN
        UPDATE orchestration_runs SET status = 'queued' WHERE id = p_run.id;
    END IF;
END
$$;
