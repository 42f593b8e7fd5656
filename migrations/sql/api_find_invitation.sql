-- api.find_invitation(bytea)
-- What a link's hash invites to; no row when it was never one, was used, replaced or revoked, is too old, or whoever
-- made it may not invite to that any more. The installation's operator, who is named by NULL, may until somebody has come
-- to the organization, by whatever way.
CREATE FUNCTION api.find_invitation(p_hash bytea)
RETURNS TABLE (invitation_id uuid, organization_name text, email text, role text, invited_by text,
               security_settings jsonb)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT i.id, o.name, i.email, i.role, coalesce(u.full_name, u.username),
           coalesce(o.settings -> 'security_settings', '{}')
    FROM user_tokens t
    JOIN invitations i ON i.id = t.invitation_id
    JOIN organizations o ON o.id = i.organization_id
    LEFT JOIN users u ON u.id = i.invited_by
    WHERE t.token_hash = p_hash AND t.kind = 'invitation' AND t.used_at IS NULL AND t.expires_at > now()
      AND i.accepted_at IS NULL AND i.revoked_at IS NULL AND i.expires_at > now() AND o.deleted_at IS NULL
      AND o.suspended_at IS NULL
      AND CASE WHEN i.invited_by IS NULL
               THEN NOT EXISTS (SELECT 1 FROM users come WHERE come.organization_id = i.organization_id)
               ELSE api.may_invite_as(i.invited_by, i.role, i.permissions) END
$$;
