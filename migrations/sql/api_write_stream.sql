-- api.write_stream(uuid, uuid, text)
-- The answer so far, into the UNLOGGED side table; nothing when the attempt is no longer running.
CREATE FUNCTION api.write_stream(p_organization uuid, p_phase uuid, p_text text) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM api.enter_engine(p_organization);
    INSERT INTO public.phase_streams (phase_execution_id, organization_id, response_text, updated_at)
    SELECT id, organization_id, p_text, clock_timestamp() FROM public.phase_executions
     WHERE id = p_phase AND status = 'running'
    ON CONFLICT (phase_execution_id) DO UPDATE
       SET response_text = excluded.response_text, updated_at = excluded.updated_at;
END
$$;
