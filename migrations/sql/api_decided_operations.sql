-- api.decided_operations(uuid, jsonb)
-- Part of api.advance_run: those of the operations that the worker believes to wait for a person (`p_waiting`, ids) of
-- which somebody has decided, as they stand now; NULL where there are none.
CREATE FUNCTION api.decided_operations(p_run uuid, p_waiting jsonb) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT jsonb_agg(api.operation_state(o))
      FROM integration_operations o
     WHERE o.run_id = p_run AND o.status <> 'waiting_approval'
       AND o.id IN (SELECT w.id::uuid FROM jsonb_array_elements_text(p_waiting) AS w(id))
$$;
