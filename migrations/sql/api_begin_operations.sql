-- api.begin_operations(orchestration_runs, jsonb)
-- Part of api.advance_run: begin attempts at the operations given (ids). Where integrations were switched off meanwhile
-- they are cancelled instead. Returns all of them as they stand then.
CREATE FUNCTION api.begin_operations(p_run public.orchestration_runs, p_begin jsonb) RETURNS jsonb
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_is_on boolean := coalesce(
        (SELECT (o.settings ->> 'integration_enabled')::boolean FROM organizations o WHERE o.id = p_run.organization_id),
        false);
    v_begun jsonb;
BEGIN
    WITH begun AS (
        UPDATE integration_operations o
           SET status = CASE WHEN v_is_on THEN 'running' ELSE 'cancelled' END,
               attempts = o.attempts + v_is_on::int, started_at = clock_timestamp(), next_attempt_at = NULL,
               error_details = CASE WHEN v_is_on THEN '{}' ELSE jsonb_build_object('kind', 'switched_off', 'message',
                   'The organization''s integrations were switched off before it was done.') END
         WHERE o.run_id = p_run.id AND o.status = 'pending'
           AND o.id IN (SELECT b.id::uuid FROM jsonb_array_elements_text(p_begin) AS b(id))
        RETURNING o.*
    )
    SELECT coalesce(jsonb_agg(api.operation_state(b::integration_operations)), '[]') INTO v_begun FROM begun b;
    IF jsonb_array_length(v_begun) <> jsonb_array_length(p_begin) THEN
        RAISE EXCEPTION 'an operation of run % that is to begin is not pending', p_run.id;
    END IF;
    RETURN v_begun;
END
$$;
