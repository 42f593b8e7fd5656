-- api.remove_sample()
-- Removes the sample workspace with everything in it, its trail and its runs' places in the queue too, and says whether
-- there was one. A worker that holds a run of it finds the run gone and lets go, and what the queue knows of that is
-- purged as ever; whoever looks around in it is back in their own organization.
CREATE FUNCTION api.remove_sample() RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_organization uuid;
    v_table text;
    v_queued text[];
BEGIN
    PERFORM api.require_operator();
    SELECT id INTO v_organization FROM organizations WHERE sample_made_at IS NOT NULL;
    -- whoever changes one of these locks it before the organization (its quota, or the event's): so does this
    FOREACH v_table IN ARRAY ARRAY['orchestration_runs', 'projects', 'orchestration_templates', 'users'] LOOP
        EXECUTE format('SELECT 1 FROM %I WHERE organization_id = $1 ORDER BY id FOR UPDATE', v_table)
          USING v_organization;
    END LOOP;
    -- nothing that refers to the organization can be added while it is locked like this
    PERFORM 1 FROM organizations WHERE id = v_organization FOR UPDATE;
    -- from here on changes are no events, and the trail may go
    UPDATE organizations SET sample_made_at = transaction_timestamp() WHERE id = v_organization;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE user_sessions SET visiting = NULL
     WHERE visiting IN (SELECT id FROM users WHERE organization_id = v_organization);
    FOREACH v_table IN ARRAY ARRAY['user_tokens', 'user_sessions', 'user_credentials'] LOOP
        EXECUTE format('DELETE FROM %I WHERE user_id IN (SELECT id FROM users WHERE organization_id = $1)', v_table)
          USING v_organization;
    END LOOP;
    WITH gone AS (
        DELETE FROM dbos.workflow_status
         WHERE split_part(workflow_uuid, ':', 1) IN (
                   SELECT id::text FROM orchestration_runs WHERE organization_id = v_organization)
           AND status <> 'PENDING' -- a worker is at it
        RETURNING workflow_uuid
    )
    SELECT coalesce(array_agg(workflow_uuid), '{}') INTO v_queued FROM gone;
    FOREACH v_table IN ARRAY ARRAY['workflow_input', 'workflow_output', 'operation_outputs'] LOOP
        EXECUTE format('DELETE FROM dbos.%I WHERE workflow_uuid = ANY ($1)', v_table) USING v_queued;
    END LOOP;
    UPDATE schedules SET last_run_id = NULL WHERE organization_id = v_organization AND last_run_id IS NOT NULL;
    DELETE FROM user_tokens WHERE invitation_id IN (SELECT id FROM invitations WHERE organization_id = v_organization);
    FOREACH v_table IN ARRAY ARRAY[
        'invitations', 'audit_logs', 'api_usage', 'phase_streams', 'integration_operations', 'run_comments',
        'run_reviews', 'review_requests', 'phase_executions', 'orchestration_runs', 'schedules', 'template_statistics',
        'template_drafts', 'template_reviews', 'template_versions', 'orchestration_templates', 'projects',
        'webhook_attempts', 'webhook_deliveries', 'webhook_events', 'webhooks',
        'connection_turns', 'provider_connections', 'integration_connections', 'users']
    LOOP
        EXECUTE format('DELETE FROM %I WHERE organization_id = $1', v_table) USING v_organization;
    END LOOP;
    DELETE FROM organizations WHERE id = v_organization;
    RETURN true;
END
$$;
