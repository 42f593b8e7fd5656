-- api.operation_state(integration_operations)
-- What a worker knows of an operation.
CREATE FUNCTION api.operation_state(p_operation public.integration_operations) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT jsonb_build_object(
        'id', p_operation.id, 'attempt_id', p_operation.phase_execution_id, 'type', p_operation.operation_type,
        'name', p_operation.name, 'params', p_operation.operation_params, 'status', p_operation.status,
        'attempts', p_operation.attempts, 'idempotency_key', p_operation.idempotency_key,
        'error', p_operation.error_details, 'approved_for', p_operation.approved_for,
        'wait_ms', greatest(extract(epoch FROM p_operation.next_attempt_at - clock_timestamp()) * 1000, 0))
$$;
