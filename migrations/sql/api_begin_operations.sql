-- api.begin_operations(orchestration_runs, jsonb)
-- Part of api.advance_run: begin attempts at the operations given (ids). Where integrations were switched off meanwhile
-- they are cancelled instead; one that was approved and would lead elsewhere by now waits for a person again. Returns all
-- of them as they stand then.
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
    WITH astray AS (
        UPDATE integration_operations o
           SET status = 'waiting_approval', approved_by = NULL, approved_at = NULL, approved_for = NULL,
               next_attempt_at = NULL, error_details = jsonb_build_object('kind', 'elsewhere', 'message', concat(
                   'It was approved for another place, and waits again: somebody has changed its connection since. ',
                   'It led to ', coalesce(o.approved_for ->> 'target', 'none'), ', and leads to ', w.now ->> 'target',
                   CASE WHEN o.approved_for ->> 'target' = w.now ->> 'target'
                        THEN ' with another secret or other settings' END, ' now.'))
          FROM (SELECT c.id, api.leads_to(c) AS now FROM integration_operations c
                 WHERE c.run_id = p_run.id AND c.status = 'pending' AND c.approved_by IS NOT NULL) w
         WHERE o.id = w.id AND v_is_on AND w.now IS NOT NULL AND o.approved_for IS DISTINCT FROM w.now
           AND o.id IN (SELECT b.id::uuid FROM jsonb_array_elements_text(p_begin) AS b(id))
        RETURNING o.*
    ), started AS (
        UPDATE integration_operations o
           SET status = CASE WHEN v_is_on THEN 'running' ELSE 'cancelled' END,
               attempts = o.attempts + v_is_on::int, started_at = clock_timestamp(), next_attempt_at = NULL,
               error_details = CASE WHEN v_is_on THEN '{}' ELSE jsonb_build_object('kind', 'switched_off', 'message',
                   'The organization''s integrations were switched off before it was done.') END
         WHERE o.run_id = p_run.id AND o.status = 'pending'
           AND o.id IN (SELECT b.id::uuid FROM jsonb_array_elements_text(p_begin) AS b(id))
           AND o.id NOT IN (SELECT a.id FROM astray a)
        RETURNING o.*
    ), begun AS (
        SELECT * FROM astray UNION ALL SELECT * FROM started
    )
    SELECT coalesce(jsonb_agg(api.operation_state(b::integration_operations)), '[]') INTO v_begun FROM begun b;
    IF jsonb_array_length(v_begun) <> jsonb_array_length(p_begin) THEN
        RAISE EXCEPTION 'an operation of run % that is to begin is not pending', p_run.id;
    END IF;
    RETURN v_begun;
END
$$;
