-- api.decide_operation(uuid, boolean, text, jsonb)
-- A person's word on an operation that waits, under the run's lock: it may be done, or not (with `p_reason`). Never alone
-- one's own: whoever has launched the run, or has written a part of its answers, may reject and not approve. An approval
-- is given for where it leads as the person saw it (`p_seen`, as api.leads_to says it), and kept with it. A run that
-- waits for it goes on in the same transaction; a worker that holds it is told.
-- Returns 'not_found', 'is …' with its status where it does not wait (any more), 'own', 'edited', 'elsewhere' where it
-- does not lead there (any more), or 'approved' and 'rejected'.
CREATE FUNCTION api.decide_operation(p_operation uuid, p_approve boolean, p_reason text, p_seen jsonb) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_person uuid := api.person_id();
    v_run orchestration_runs;
    v_operation integration_operations;
BEGIN
    SELECT r.* INTO v_run FROM orchestration_runs r JOIN integration_operations o ON o.run_id = r.id
     WHERE o.id = p_operation AND r.organization_id = api.organization_id() AND (api.sees_all() OR r.user_id = v_person)
       FOR NO KEY UPDATE OF r;
    IF NOT FOUND THEN
        RETURN 'not_found';
    END IF;
    IF NOT api.may('orchestrations.review') THEN
        RAISE EXCEPTION 'to decide needs orchestrations.review' USING ERRCODE = 'insufficient_privilege';
    END IF;
    SELECT * INTO STRICT v_operation FROM integration_operations WHERE id = p_operation;
    IF v_operation.status <> 'waiting_approval' THEN
        RETURN 'is ' || v_operation.status;
    END IF;
    IF p_approve AND v_run.user_id = v_person THEN
        RETURN 'own';
    END IF;
    IF p_approve AND api.has_edited(v_run.id) THEN
        RETURN 'edited';
    END IF;
    IF p_approve AND p_seen IS DISTINCT FROM api.leads_to(v_operation) THEN
        RETURN 'elsewhere';
    END IF;
    UPDATE integration_operations
       SET approved_for = CASE WHEN p_approve THEN p_seen END, status = CASE WHEN p_approve THEN 'pending' ELSE 'rejected' END, approved_by = v_person,
           approved_at = clock_timestamp(),
           error_details = CASE WHEN p_approve THEN '{}' ELSE jsonb_build_object('kind', 'rejected', 'message', p_reason)
                           END
     WHERE id = p_operation;
    PERFORM api.write_audit(
        p_organization => v_run.organization_id,
        p_action => CASE WHEN p_approve THEN 'operations.approve' ELSE 'operations.reject' END,
        p_resource_type => 'orchestrations', p_resource_id => v_run.id, p_old => '{}',
        p_new => jsonb_strip_nulls(jsonb_build_object(
            'operation', p_operation, 'type', v_operation.operation_type, 'name', v_operation.name)));
    IF v_run.worker_token IS NOT NULL THEN
        PERFORM pg_notify('orchestrator_steer', '');
    ELSIF v_run.status = 'running' THEN
        UPDATE orchestration_runs SET resume_at = NULL WHERE id = v_run.id;
        PERFORM api.queue_run(v_run.organization_id, v_run.id);
    ELSIF v_run.status = 'waiting_review' THEN
        UPDATE orchestration_runs SET status = 'queued' WHERE id = v_run.id; -- admitted as it is: api.admit_next
    END IF;
    RETURN CASE WHEN p_approve THEN 'approved' ELSE 'rejected' END;
END
$$;
