-- api.govern_organization(uuid, jsonb)
-- What the installation's operator changes of an organization, whatever of it is named: tier, quota_limit (null is no
-- limit), suspension_reason (null ends the suspension), is_deleting (true begins the waiting period, false restores,
-- also what is deleted by now). Nobody of a suspended organization keeps a session. A person suspends or ends none that
-- has the last operators (AO003); the command line may, and can undo it. Says whether there is such an organization; a
-- sample is none.
CREATE FUNCTION api.govern_organization(p_organization uuid, p_changes jsonb) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    PERFORM api.require_operator();
    UPDATE organizations o
       SET subscription_tier = coalesce(p_changes ->> 'tier', subscription_tier),
           api_quota_limit = CASE WHEN p_changes ? 'quota_limit' THEN (p_changes ->> 'quota_limit')::integer
                                  ELSE api_quota_limit END,
           suspension_reason = CASE WHEN p_changes ? 'suspension_reason' THEN p_changes ->> 'suspension_reason'
                                    ELSE suspension_reason END,
           suspended_at = CASE WHEN NOT p_changes ? 'suspension_reason' THEN suspended_at
                               WHEN p_changes ->> 'suspension_reason' IS NOT NULL THEN coalesce(suspended_at, now())
                          END,
           deletes_at = CASE p_changes -> 'is_deleting'
                            WHEN 'true' THEN coalesce(deletes_at, now() + api.deletion_delay())
                            WHEN 'false' THEN NULL ELSE deletes_at END,
           deleted_at = CASE p_changes -> 'is_deleting' WHEN 'false' THEN NULL ELSE deleted_at END
     WHERE o.id = p_organization AND o.sample_made_at IS NULL;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    IF session_user <> 'orchestrator_identity'
       AND (p_changes ->> 'suspension_reason' IS NOT NULL OR p_changes -> 'is_deleting' = 'true')
       AND EXISTS (SELECT 1 FROM users u WHERE u.organization_id = p_organization AND u.is_operator)
    THEN
        PERFORM api.keep_an_operator();
    END IF;
    IF p_changes ->> 'suspension_reason' IS NOT NULL THEN
        UPDATE user_sessions SET revoked_at = now()
         WHERE revoked_at IS NULL AND user_id IN (SELECT u.id FROM users u WHERE u.organization_id = p_organization);
    END IF;
    RETURN true;
END
$$;
