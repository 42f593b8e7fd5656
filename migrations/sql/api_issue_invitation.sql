-- api.issue_invitation(uuid, bytea)
-- Makes the hash the one good link of an open invitation, for a week, and returns until when; the links made before are
-- worthless. NULL where there is no such invitation, or it is over. Who holds a link can become what it invites to, so
-- whoever asks for one has to be somebody who may invite to that, and answers for it from here on: it dies with their
-- right to.
CREATE FUNCTION api.issue_invitation(p_invitation uuid, p_hash bytea) RETURNS timestamptz
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_row invitations%ROWTYPE;
BEGIN
    SELECT * INTO v_row FROM invitations i
     WHERE i.id = p_invitation AND i.organization_id = api.organization_id()
       AND i.accepted_at IS NULL AND i.revoked_at IS NULL
       FOR UPDATE;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    IF NOT api.may_invite(v_row.role, v_row.permissions) THEN
        RAISE EXCEPTION 'inviting somebody as % is not theirs to do', v_row.role
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    UPDATE user_tokens SET used_at = now() WHERE invitation_id = p_invitation AND used_at IS NULL;
    UPDATE invitations SET expires_at = now() + interval '7 days', invited_by = auth.uid() WHERE id = p_invitation
    RETURNING * INTO v_row;
    INSERT INTO user_tokens (kind, token_hash, invitation_id, expires_at)
    VALUES ('invitation', p_hash, p_invitation, v_row.expires_at);
    RETURN v_row.expires_at;
END
$$;
