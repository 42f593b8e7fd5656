-- api.mail_approvers()
-- Part of api.remind_reviews: one mail about the operations of a run that wait for an approval since the look before, however
-- many they are, to each of those who could approve them: never whoever launched it, whose word is not enough, nor who does
-- not see it. It holds the run's title and id and how many they are, and nothing else of the tenant. They have no time by
-- which they are due, and name nobody, so there is nothing to remind of. Two workers at once take different runs. Returns
-- of how many runs was told.
CREATE FUNCTION api.mail_approvers() RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_run orchestration_runs;
    v_asked integer;
    v_count integer := 0;
BEGIN
    FOR v_run IN
        SELECT r.* FROM orchestration_runs r JOIN organizations o ON o.id = r.organization_id
         WHERE o.suspended_at IS NULL AND o.deleted_at IS NULL
           AND r.id IN (SELECT w.run_id FROM integration_operations w
                         WHERE w.status = 'waiting_approval' AND w.notified_at IS NULL)
         LIMIT 100
           FOR NO KEY UPDATE OF r SKIP LOCKED
    LOOP
        UPDATE integration_operations SET notified_at = now()
         WHERE run_id = v_run.id AND status = 'waiting_approval' AND notified_at IS NULL;
        GET DIAGNOSTICS v_asked = ROW_COUNT;
        CONTINUE WHEN v_asked = 0; -- another worker was first
        v_count := v_count + 1;
        INSERT INTO mail_outbox (kind, recipient, organization_id, "values")
        SELECT 'approval_requested', u.email, o.id, jsonb_build_object(
                   'name', coalesce(u.full_name, u.username), 'title', coalesce(v_run.title, left(v_run.topic, 80)),
                   'run', v_run.id, 'count', v_asked::text)
          FROM users u JOIN organizations o ON o.id = u.organization_id
         WHERE o.id = v_run.organization_id AND o.sample_made_at IS NULL
           AND u.id <> v_run.user_id AND u.deactivated_at IS NULL AND u.deleted_at IS NULL
           AND api.rights(u.role, u.permissions) ? 'orchestrations.review' AND NOT api.is_own_only(u.role, o.settings)
           AND coalesce(u.preferences #>> '{notifications,review_waiting}', 'true') <> 'false'
         ORDER BY u.id LIMIT 500;
        IF FOUND THEN
            PERFORM pg_notify('orchestrator_mail', '');
        END IF;
    END LOOP;
    RETURN v_count;
END
$$;
