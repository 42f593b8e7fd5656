-- api.remove_runs(uuid, uuid[], text)
-- Part of what removes runs: these ended runs of one organization go, with everything that belongs to them. Says how many
-- rows of each table went. Calls stay, for they are what is billed: they keep their run's id, and its template. Where one of
-- the runs is not there, has not ended, is under a legal hold, or has a retry that is to stay, none of them goes. With an
-- action the trail gets one entry of all; whoever calls without one writes it.
CREATE FUNCTION api.remove_runs(p_organization uuid, p_runs uuid[], p_action text) RETURNS jsonb
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_queued text[];
    v_counts jsonb;
BEGIN
    -- a hold that is placed from here on waits (api.guard_hold); so does who would comment on a run or run it again
    PERFORM pg_advisory_xact_lock(4718, hashtext(p_organization::text));
    PERFORM 1 FROM orchestration_runs WHERE organization_id = p_organization AND id = ANY (p_runs) ORDER BY id FOR UPDATE;
    IF EXISTS (SELECT 1 FROM unnest(p_runs) AS asked(id)
                 LEFT JOIN orchestration_runs r ON r.organization_id = p_organization AND r.id = asked.id
                WHERE r.id IS NULL OR r.status NOT IN ('completed', 'failed', 'cancelled')) THEN
        RAISE EXCEPTION 'one of these runs has not ended, or is not there' USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (SELECT 1 FROM legal_holds h
                WHERE h.organization_id = p_organization AND h.released_at IS NULL AND (h.project_id IS NULL OR EXISTS (
                      SELECT 1 FROM orchestration_runs r WHERE r.id = ANY (p_runs) AND r.project_id = h.project_id))) THEN
        RAISE EXCEPTION 'one of these runs is under a legal hold' USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (SELECT 1 FROM orchestration_runs r
                WHERE r.organization_id = p_organization AND r.parent_run_id = ANY (p_runs) AND r.id <> ALL (p_runs)) THEN
        RAISE EXCEPTION 'one of these runs has a retry that stays' USING ERRCODE = 'check_violation';
    END IF;
    UPDATE api_usage u SET template_id = r.template_id
      FROM orchestration_runs r
     WHERE r.organization_id = p_organization AND r.id = ANY (p_runs) AND r.template_id IS NOT NULL
       AND u.organization_id = p_organization AND u.run_id = r.id AND u.template_id IS DISTINCT FROM r.template_id;
    UPDATE schedules SET last_run_id = NULL WHERE organization_id = p_organization AND last_run_id = ANY (p_runs);
    WITH gone AS (
        DELETE FROM dbos.workflow_status
         WHERE split_part(workflow_uuid, ':', 1) = ANY (p_runs::text[]) AND status <> 'PENDING' -- a worker lets go of it
        RETURNING workflow_uuid
    )
    SELECT coalesce(array_agg(workflow_uuid), '{}') INTO v_queued FROM gone;
    DELETE FROM dbos.workflow_input WHERE workflow_uuid = ANY (v_queued);
    DELETE FROM dbos.workflow_output WHERE workflow_uuid = ANY (v_queued);
    DELETE FROM dbos.operation_outputs WHERE workflow_uuid = ANY (v_queued);
    -- in one statement: what looks at a row that goes, keys and the trail's trigger, finds its run gone
    WITH phases AS (
        DELETE FROM phase_executions WHERE organization_id = p_organization AND run_id = ANY (p_runs) RETURNING id
    ), streams AS (
        DELETE FROM phase_streams s USING phases p WHERE s.phase_execution_id = p.id
    ), operations AS (
        DELETE FROM integration_operations WHERE organization_id = p_organization AND run_id = ANY (p_runs) RETURNING 1
    ), words AS (
        DELETE FROM run_reviews WHERE organization_id = p_organization AND run_id = ANY (p_runs) RETURNING 1
    ), requests AS (
        DELETE FROM review_requests WHERE organization_id = p_organization AND run_id = ANY (p_runs) RETURNING 1
    ), comments AS (
        DELETE FROM run_comments WHERE organization_id = p_organization AND run_id = ANY (p_runs) RETURNING 1
    ), runs AS (
        DELETE FROM orchestration_runs WHERE organization_id = p_organization AND id = ANY (p_runs) RETURNING 1
    )
    SELECT jsonb_build_object(
               'runs', (SELECT count(*) FROM runs), 'phases', (SELECT count(*) FROM phases),
               'operations', (SELECT count(*) FROM operations), 'reviews', (SELECT count(*) FROM requests),
               'words', (SELECT count(*) FROM words), 'comments', (SELECT count(*) FROM comments))
      INTO v_counts;
    IF p_action IS NOT NULL AND p_runs <> '{}' THEN
        PERFORM api.write_audit(p_organization, p_action, split_part(p_action, '.', 1), NULL, '{}', v_counts);
    END IF;
    RETURN v_counts;
END
$$;
