-- api.record_connection_test(uuid, jsonb)
-- What the version before calls after the call of a test: beside the connection, in the usage, and in the trail. A
-- test is not taken from the quota, which counts the attempts of runs.
CREATE FUNCTION api.record_connection_test(p_connection uuid, p_test jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_connection public.provider_connections;
BEGIN
    IF NOT api.may('connections.manage') THEN
        RAISE EXCEPTION 'a test needs connections.manage' USING ERRCODE = 'insufficient_privilege';
    END IF;
    UPDATE provider_connections SET last_tested_at = clock_timestamp(), last_test = p_test
     WHERE id = p_connection AND organization_id = api.organization_id()
    RETURNING * INTO v_connection;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    INSERT INTO api_usage (organization_id, user_id, endpoint, method, provider, model, prompt_tokens,
                           completion_tokens, tokens_used, cost_usd, response_time_ms, status_code, error_kind)
    -- what is unknown stays unknown: greatest(NULL, 0) would be 0
    SELECT v_connection.organization_id, auth.uid(), t.endpoint, 'POST', v_connection.slug, t.model,
           CASE WHEN t.prompt_tokens IS NOT NULL THEN greatest(t.prompt_tokens, 0) END,
           CASE WHEN t.completion_tokens IS NOT NULL THEN greatest(t.completion_tokens, 0) END,
           greatest(t.prompt_tokens, 0) + greatest(t.completion_tokens, 0),
           CASE WHEN t.cost_usd IS NOT NULL THEN greatest(t.cost_usd, 0) END,
           greatest(t.time_ms, 0), t.status, t.kind
      FROM jsonb_to_record(p_test) AS t(endpoint text, model text, prompt_tokens int, completion_tokens int,
                                        cost_usd numeric, time_ms int, status int, kind text);
    PERFORM api.write_audit(v_connection.organization_id, 'provider_connections.test', 'provider_connections',
                            p_connection, '{}', p_test);
END
$$;
