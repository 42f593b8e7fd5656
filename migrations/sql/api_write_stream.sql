-- api.write_stream(uuid, uuid, uuid, text)
-- The answer so far, into the UNLOGGED side table; nothing when the attempt is no longer running, or when another worker
-- than the one of this token holds the run.
CREATE FUNCTION api.write_stream(p_organization uuid, p_token uuid, p_phase uuid, p_text text) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM api.enter_engine(p_organization);
    INSERT INTO public.phase_streams (phase_execution_id, organization_id, response_text, updated_at)
    SELECT p.id, p.organization_id, p_text, clock_timestamp()
      FROM public.phase_executions p JOIN public.orchestration_runs r ON r.id = p.run_id
     WHERE p.id = p_phase AND p.status = 'running' AND r.worker_token = p_token
    ON CONFLICT (phase_execution_id) DO UPDATE
       SET response_text = excluded.response_text, updated_at = excluded.updated_at;
END
$$;
