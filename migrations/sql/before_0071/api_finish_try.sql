-- api.finish_try(uuid, jsonb)
-- How a call that api.begin_try noted ended, once and by who began it.
CREATE FUNCTION api.finish_try(p_usage uuid, p_end jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    UPDATE api_usage u
       -- what is unknown stays unknown: greatest(NULL, 0) would be 0
       SET endpoint = e.endpoint, model = e.model,
           prompt_tokens = CASE WHEN e.prompt_tokens IS NOT NULL THEN greatest(e.prompt_tokens, 0) END,
           completion_tokens = CASE WHEN e.completion_tokens IS NOT NULL THEN greatest(e.completion_tokens, 0) END,
           tokens_used = greatest(e.prompt_tokens, 0) + greatest(e.completion_tokens, 0),
           cost_usd = CASE WHEN e.cost_usd IS NOT NULL THEN greatest(e.cost_usd, 0) END,
           response_time_ms = greatest(e.time_ms, 0), status_code = e.status, error_kind = e.kind
      FROM jsonb_to_record(p_end) AS e(endpoint text, model text, prompt_tokens int, completion_tokens int,
                                       cost_usd numeric, time_ms int, status int, kind text)
     WHERE u.id = p_usage AND u.organization_id = api.organization_id() AND u.user_id = auth.uid()
       AND u.run_id IS NULL AND u.error_kind = 'lost';
END
$$;
