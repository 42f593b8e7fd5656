-- api.mail_reviewers(uuid, text, uuid[])
-- Part of api.remind_reviews and api.decide_review: one mail to each of those who may decide and whose approval of the text
-- as it is now is missing, five hundred at most; to those of `p_people` alone where that is not NULL. Whoever launched the
-- run is told where theirs can be one of several.
CREATE FUNCTION api.mail_reviewers(p_request uuid, p_kind text, p_people uuid[]) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    INSERT INTO mail_outbox (kind, recipient, organization_id, "values")
    SELECT p_kind, u.email, q.organization_id, jsonb_strip_nulls(jsonb_build_object(
               'name', coalesce(u.full_name, u.username), 'title', coalesce(r.title, left(r.topic, 80)), 'run', r.id,
               'due', CASE WHEN p_kind <> 'review_escalated' OR q.due_at <= now() THEN
                   to_char(q.due_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"+00:00"') END,
               'time_zone', CASE WHEN q.due_at IS NOT NULL THEN u.preferences ->> 'time_zone' END))
      FROM review_requests q
      JOIN orchestration_runs r ON r.id = q.run_id
      JOIN organizations o ON o.id = q.organization_id
      JOIN users u ON u.organization_id = q.organization_id
     WHERE q.id = p_request AND o.sample_made_at IS NULL AND u.deactivated_at IS NULL AND u.deleted_at IS NULL
       AND (p_people IS NULL OR u.id = ANY (p_people))
       AND api.rights(u.role, u.permissions) ? 'orchestrations.review'
       AND api.is_reviewer(q.reviewers, q.escalated_at, u.role, u.id)
       AND CASE WHEN u.id = r.user_id THEN q.required_approvals > 1 ELSE NOT api.is_own_only(u.role, o.settings) END
       AND coalesce(u.preferences #>> '{notifications,review_waiting}', 'true') <> 'false'
       AND u.id NOT IN (SELECT c.reviewer_id FROM api.counting_approvals(q.id) c)
     ORDER BY u.id LIMIT 500;
    IF FOUND THEN
        PERFORM pg_notify('orchestrator_mail', '');
    END IF;
END
$$;
