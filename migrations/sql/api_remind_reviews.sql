-- api.remind_reviews()
-- Writes the mails about answers that wait, each once: that one waits, that it is due soon (when half of its time, or a
-- day, is left), and that it is overdue, or that those whom it names can't decide any more, which admins are told as well.
-- They go to whoever may decide, has not approved the text as it is now and wants such mails, and hold the run's title and
-- id and nothing else of the tenant. Two workers at once take different requests. Operations that wait are told of beside them:
-- api.mail_approvers. Returns how many requests, and runs with operations, were told of.
CREATE FUNCTION api.remind_reviews() RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_request record;
    v_count integer := 0;
BEGIN
    FOR v_request IN
        SELECT q.*, CASE WHEN q.escalated_at IS NULL AND (now() >= q.due_at OR stranded) THEN 'review_escalated'
                         WHEN q.notified_at IS NULL THEN 'review_requested'
                         ELSE 'review_reminder' END AS kind
          FROM review_requests q JOIN organizations o ON o.id = q.organization_id,
               LATERAL (SELECT q.escalated_at IS NULL AND api.is_stranded(q) AS stranded) s
         WHERE q.decided_at IS NULL AND o.suspended_at IS NULL AND o.deleted_at IS NULL
           AND (q.notified_at IS NULL
                OR q.reminded_at IS NULL AND now() >= q.due_at - least((q.due_at - q.requested_at) / 2, interval '1 day')
                OR q.escalated_at IS NULL AND (now() >= q.due_at OR stranded))
         ORDER BY q.requested_at LIMIT 100
           FOR NO KEY UPDATE OF q SKIP LOCKED
    LOOP
        UPDATE review_requests
           SET notified_at = coalesce(notified_at, now()),
               reminded_at = CASE WHEN v_request.kind = 'review_requested' THEN reminded_at
                                  ELSE coalesce(reminded_at, now()) END,
               escalated_at = CASE WHEN v_request.kind = 'review_escalated' THEN now() ELSE escalated_at END
         WHERE id = v_request.id;
        PERFORM api.mail_reviewers(v_request.id, v_request.kind, NULL);
        v_count := v_count + 1;
    END LOOP;
    RETURN v_count + api.mail_approvers();
END
$$;
