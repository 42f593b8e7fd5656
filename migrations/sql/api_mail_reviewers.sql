-- api.mail_reviewers(uuid, text)
-- Part of api.remind_reviews: one mail to each of those who may decide and have not said a word, five hundred at most.
CREATE FUNCTION api.mail_reviewers(p_request uuid, p_kind text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    INSERT INTO mail_outbox (kind, recipient, organization_id, "values")
    SELECT p_kind, u.email, q.organization_id, jsonb_strip_nulls(jsonb_build_object(
               'name', coalesce(u.full_name, u.username), 'title', coalesce(r.title, left(r.topic, 80)),
               'run', r.id, 'due', to_char(q.due_at AT TIME ZONE 'UTC', 'FMDD Mon YYYY, HH24:MI "UTC"')))
      FROM review_requests q
      JOIN orchestration_runs r ON r.id = q.run_id
      JOIN organizations o ON o.id = q.organization_id
      JOIN users u ON u.organization_id = q.organization_id
     WHERE q.id = p_request AND o.sample_made_at IS NULL AND u.deactivated_at IS NULL AND u.deleted_at IS NULL
       AND api.rights(u.role, u.permissions) ? 'orchestrations.review'
       AND api.is_reviewer(q.reviewers, q.escalated_at, u.role, u.id)
       AND (u.id = r.user_id OR NOT api.is_own_only(u.role, o.settings))
       AND coalesce(u.preferences #>> '{notifications,review_waiting}', 'true') <> 'false'
       AND NOT EXISTS (SELECT 1 FROM run_reviews w WHERE w.request_id = q.id AND w.reviewer_id = u.id)
     ORDER BY u.id LIMIT 500;
    IF FOUND THEN
        PERFORM pg_notify('orchestrator_mail', '');
    END IF;
END
$$;
