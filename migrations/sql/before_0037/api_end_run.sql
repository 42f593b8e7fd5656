-- api.end_run(uuid, text, jsonb)
-- Close a run as completed, failed or cancelled, or let it lie: paused, or waiting for a review. At its end what never
-- began is skipped, or cancelled with it, and what waits for a review is looked at no more; api.guard_run works out the
-- results. Called by the engine, which has closed every attempt by then, and without an error, for a run that no worker
-- holds, by the person who cancels it: under the caller's own policies. A run is paused by whoever has asked for it, else
-- by the suspension of its organization, else for the reason given.
CREATE FUNCTION api.end_run(p_run uuid, p_status text, p_error jsonb) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF p_status = 'paused' THEN
        UPDATE orchestration_runs r
           SET status = 'paused', worker_token = NULL,
               error_details = coalesce(
                   CASE WHEN r.pause_requested_at IS NOT NULL THEN jsonb_build_object('kind', 'person', 'message',
                        'The run was paused by hand. It goes on when somebody continues it.') END,
                   (SELECT jsonb_build_object('kind', 'organization_suspended', 'message',
                        'The organization was suspended. The run goes on by itself now that it is not any more.')
                      FROM organizations o WHERE o.id = r.organization_id AND o.suspended_at IS NOT NULL), p_error)
         WHERE id = p_run;
        RETURN;
    END IF;
    IF EXISTS (SELECT 1 FROM phase_executions WHERE run_id = p_run AND status = 'running') THEN
        RAISE EXCEPTION 'run % has an attempt that is running still', p_run;
    END IF;
    IF p_status = 'waiting_review' THEN
        UPDATE orchestration_runs SET status = 'waiting_review', worker_token = NULL WHERE id = p_run;
        RETURN;
    END IF;
    UPDATE phase_executions
       SET status = CASE WHEN status = 'pending' AND p_status IN ('completed', 'failed') THEN 'skipped'
                         ELSE 'cancelled' END
     WHERE run_id = p_run AND status IN ('pending', 'waiting_review');
    IF p_error IS NULL THEN
        UPDATE orchestration_runs SET status = p_status WHERE id = p_run;
    ELSE
        UPDATE orchestration_runs SET status = p_status, error_details = p_error WHERE id = p_run;
    END IF;
END
$$;
