-- api.is_stranded(review_requests)
-- Part of api.remind_reviews: whether a gate that names people, and no role, can't be passed by them any more, because too
-- few of those whose approval is missing are left who may give it.
CREATE FUNCTION api.is_stranded(p_request public.review_requests) RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT p_request.reviewers <> '{}' AND NOT p_request.reviewers && ARRAY['admin', 'manager', 'member', 'viewer'] AND (
        SELECT count(*)
          FROM users u
          JOIN organizations o ON o.id = u.organization_id
          JOIN orchestration_runs r ON r.id = p_request.run_id
         WHERE u.organization_id = p_request.organization_id AND u.id::text = ANY (p_request.reviewers)
           AND u.deactivated_at IS NULL AND u.deleted_at IS NULL
           AND api.rights(u.role, u.permissions) ? 'orchestrations.review'
           AND CASE WHEN u.id = r.user_id THEN p_request.required_approvals > 1
                    ELSE NOT api.is_own_only(u.role, o.settings) END
           AND u.id NOT IN (SELECT c.reviewer_id FROM api.counting_approvals(p_request.id) c)
        ) < p_request.required_approvals - (SELECT count(*) FROM api.counting_approvals(p_request.id))
$$;
