-- api.requeue_lost_runs()
-- Runs that hold a place but have no workflow any more (lost, purged, failed in an outage, of an engine that is gone) get
-- another one; an admission makes both in one transaction, so none is looked at too early. Returns how many. One that was
-- set aside has none before it is due (api.advance_run). Runs that wait for their turn have none and are not lost: where
-- there is room for them after all, they are admitted. What an engine before this one has put into the queue, or hands
-- over, becomes this one's; what a worker of that time walks is left to it. The engine asks it now and then, and it also
-- sweeps what a lost worker wrote last: an answer that nobody has written at for an hour, the longest time-out that a
-- phase can have. Runs that the quota has paused go on once there are calls again, no more of them at a time than there
-- are calls, the oldest first; those that a suspension has paused, once it is over; those that a budget has paused, once
-- no hard one that binds them is used up: it was raised or ended, or another month has begun.
CREATE FUNCTION api.requeue_lost_runs() RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_run record;
    v_count integer := 0;
BEGIN
    FOR v_run IN
        SELECT waiting.organization_id, waiting.id, waiting.user_id
          FROM (SELECT r.organization_id, r.id, r.user_id, r.error_details ->> 'kind' AS reason,
                       row_number() OVER (PARTITION BY r.organization_id ORDER BY r.created_at, r.id) AS place
                  FROM orchestration_runs r
                 WHERE r.status = 'paused'
                   AND (r.error_details ->> 'kind' IN ('organization_quota', 'organization_suspended')
                        OR r.error_details ->> 'kind' = 'budget'
                           AND (r.organization_id, r.project_id, r.user_id) IN (
                               SELECT a.organization_id, a.project_id, a.user_id
                                 FROM (SELECT DISTINCT p.organization_id, p.project_id, p.user_id -- each is asked once
                                         FROM orchestration_runs p
                                        WHERE p.status = 'paused' AND p.error_details ->> 'kind' = 'budget') a
                                WHERE NOT api.is_out_of_budget(a.organization_id, a.project_id, a.user_id)))) waiting
          JOIN organizations o ON o.id = waiting.organization_id
         WHERE o.deleted_at IS NULL AND o.suspended_at IS NULL AND (
               o.api_quota_limit IS NULL OR waiting.reason = 'organization_suspended'
            OR place <= o.api_quota_limit - CASE WHEN o.quota_resets_at <= now() THEN 0 ELSE o.api_quota_used END)
         ORDER BY waiting.organization_id, place
         LIMIT 100
    LOOP
        PERFORM api.speak_for_run(v_run.organization_id, v_run.user_id);
        UPDATE orchestration_runs SET status = 'queued' WHERE id = v_run.id AND status = 'paused';
    END LOOP;
    UPDATE dbos.workflow_status SET application_version = api.engine_version()
     WHERE queue_name = 'runs' AND status IN ('ENQUEUED', 'DELAYED')
       AND application_version IS DISTINCT FROM api.engine_version();
    IF FOUND THEN
        PERFORM pg_notify('orchestrator_runs', '');
    END IF;
    FOR v_run IN
        SELECT r.organization_id, r.id FROM orchestration_runs r
         WHERE r.admitted_at IS NOT NULL
           AND (r.resume_at IS NULL OR r.resume_at <= clock_timestamp() OR r.cancel_requested_at IS NOT NULL)
           AND NOT EXISTS (
               SELECT 1 FROM dbos.workflow_status w
                WHERE w.queue_name = 'runs' AND w.status IN ('ENQUEUED', 'PENDING', 'DELAYED')
                  AND split_part(w.workflow_uuid, ':', 1) = r.id::text)
         LIMIT 100
    LOOP
        PERFORM api.queue_run(v_run.organization_id, v_run.id);
        v_count := v_count + 1;
    END LOOP;
    DELETE FROM phase_streams WHERE updated_at < now() - interval '1 hour';
    FOR v_run IN  -- last: see api.admit_runs
        WITH RECURSIVE waiting AS ( -- each organization once, however long its line is
            (SELECT organization_id FROM orchestration_runs
              WHERE status IN ('queued', 'running') AND admitted_at IS NULL
              ORDER BY organization_id LIMIT 1)
            UNION ALL
            SELECT (SELECT r.organization_id FROM orchestration_runs r
                     WHERE r.status IN ('queued', 'running') AND r.admitted_at IS NULL
                       AND r.organization_id > w.organization_id
                     ORDER BY r.organization_id LIMIT 1)
              FROM waiting w WHERE w.organization_id IS NOT NULL)
        SELECT w.organization_id FROM waiting w
         WHERE w.organization_id IS NOT NULL AND api.most_runs(w.organization_id) > (
               SELECT count(*) FROM orchestration_runs r
                WHERE r.organization_id = w.organization_id AND r.admitted_at IS NOT NULL)
         ORDER BY w.organization_id
         LIMIT 100
    LOOP
        PERFORM api.admit_runs(v_run.organization_id);
    END LOOP;
    RETURN v_count;
END
$$;
