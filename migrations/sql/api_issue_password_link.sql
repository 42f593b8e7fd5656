-- api.issue_password_link(uuid, bytea)
-- Makes the hash the one good link by which a person of one's own organization sets a new password, for an hour as
-- lib.identity.tokens says it too, and returns until when; the links made before are worthless. NULL where the person is
-- deactivated or has no password to forget. Whoever holds the link can become that person: so it is for who may edit
-- people, of nobody with rights beyond their own, of an operator for an operator alone, and of oneself for nobody.
CREATE FUNCTION api.issue_password_link(p_user uuid, p_hash bytea) RETURNS timestamptz
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_organization uuid := api.organization_id();
    v_row users%ROWTYPE;
    v_expires timestamptz;
BEGIN
    -- held until the link is there: rights that are given meanwhile come after it and end it (api.end_password_links)
    SELECT * INTO v_row FROM users u
     WHERE u.id = p_user AND u.organization_id = v_organization AND u.deleted_at IS NULL FOR NO KEY UPDATE;
    IF NOT FOUND OR NOT api.may('users.edit') OR p_user = auth.uid()
       OR NOT EXISTS (
           SELECT 1 FROM users me
            WHERE me.id = auth.uid() AND (me.is_operator OR NOT v_row.is_operator)
              AND api.covers(api.rights(me.role, me.permissions), api.rights(v_row.role, v_row.permissions)))
    THEN
        RAISE EXCEPTION 'this person''s password is not theirs to renew' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF v_row.deactivated_at IS NOT NULL OR NOT EXISTS (SELECT 1 FROM user_credentials c WHERE c.user_id = p_user) THEN
        RETURN NULL;
    END IF;
    UPDATE user_tokens SET used_at = now() WHERE user_id = p_user AND kind = 'password_reset' AND used_at IS NULL;
    INSERT INTO user_tokens (kind, token_hash, user_id, email, expires_at)
    VALUES ('password_reset', p_hash, p_user, v_row.email, now() + interval '1 hour')
    RETURNING expires_at INTO v_expires;
    PERFORM api.write_audit(v_organization, 'identity.make_password_link', 'users', p_user, '{}', '{}');
    RETURN v_expires;
END
$$;
