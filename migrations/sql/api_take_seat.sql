-- api.take_seat(uuid)
-- The tier of an organization, and how many people can sign in or are invited to, held until the transaction ends: of two
-- that add somebody at once, the second counts the first one's. For who adds people to their own organization, and sign-in.
CREATE FUNCTION api.take_seat(p_organization uuid) RETURNS TABLE (tier text, people integer)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF session_user <> 'orchestrator_identity' AND NOT (
           p_organization IS NOT DISTINCT FROM api.organization_id()
       AND (api.may('users.invite') OR api.may('users.edit') OR api.may('users.deactivate')))
    THEN
        RAISE EXCEPTION 'adding people needs users.invite' USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM pg_advisory_xact_lock(4715, hashtext(p_organization::text));
    RETURN QUERY
    SELECT o.subscription_tier::text,
           (SELECT count(*)::integer FROM users u
             WHERE u.organization_id = o.id AND u.deactivated_at IS NULL AND u.deleted_at IS NULL)
           + (SELECT count(*)::integer FROM invitations i
               WHERE i.organization_id = o.id AND i.accepted_at IS NULL AND i.revoked_at IS NULL AND i.expires_at > now())
      FROM organizations o WHERE o.id = p_organization;
END
$$;
