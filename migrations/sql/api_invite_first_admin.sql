-- api.invite_first_admin(uuid, text, bytea)
-- The installation's operator invites somebody to be the first admin of an organization, by the hash of a link that is
-- good once and for a week, and learns until when and nothing else. Whoever was invited so before is so no more. NULL
-- where there is no such organization, or it is suspended or deleted; api.guard_invitations refuses where somebody has
-- come already. Of two at once the second takes back what the first has made; who accepts meanwhile waits for neither.
CREATE FUNCTION api.invite_first_admin(p_organization uuid, p_email text, p_hash bytea) RETURNS timestamptz
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_row invitations%ROWTYPE;
BEGIN
    PERFORM api.require_operator();
    PERFORM 1 FROM organizations o
      WHERE o.id = p_organization AND o.sample_made_at IS NULL AND o.suspended_at IS NULL AND o.deleted_at IS NULL
        FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    UPDATE invitations SET revoked_at = now()
     WHERE organization_id = p_organization AND invited_by IS NULL AND accepted_at IS NULL AND revoked_at IS NULL;
    INSERT INTO invitations (organization_id, email, role) VALUES (p_organization, lower(p_email), 'admin')
    RETURNING * INTO v_row;
    INSERT INTO user_tokens (kind, token_hash, invitation_id, expires_at)
    VALUES ('invitation', p_hash, v_row.id, v_row.expires_at);
    RETURN v_row.expires_at;
END
$$;
