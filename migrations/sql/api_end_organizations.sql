-- api.end_organizations()
-- Organizations whose waiting period is over are deleted: sessions end, and what is under way or waits is to be
-- cancelled, which the engine does. The engine asks it now and then. Runs are changed before their organization, in the
-- order in which everybody locks them; one that was launched in between is cancelled when it is opened.
CREATE FUNCTION api.end_organizations() RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_due uuid[] := ARRAY(SELECT id FROM organizations WHERE deletes_at <= now() AND deleted_at IS NULL);
    v_count integer;
BEGIN
    IF v_due = '{}' THEN
        RETURN 0;
    END IF;
    UPDATE orchestration_runs
       SET cancel_requested_at = coalesce(cancel_requested_at, now()),
           status = CASE WHEN status IN ('paused', 'waiting_review') THEN 'queued' ELSE status END
     WHERE organization_id = ANY (v_due) AND status IN ('queued', 'running', 'paused', 'waiting_review');
    UPDATE organizations SET deleted_at = now()
     WHERE id = ANY (v_due) AND deletes_at <= now() AND deleted_at IS NULL;
    GET DIAGNOSTICS v_count = ROW_COUNT;
    UPDATE user_sessions SET revoked_at = now()
     WHERE revoked_at IS NULL
       AND user_id IN (SELECT u.id FROM users u JOIN organizations o ON o.id = u.organization_id
                        WHERE o.id = ANY (v_due) AND o.deleted_at IS NOT NULL);
    PERFORM pg_notify('orchestrator_cancel', '');
    RETURN v_count;
END
$$;
