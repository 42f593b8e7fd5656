-- api.accept_invitation(bytea, text, text)
-- Makes the person whom a link's hash invites, uses the link up and returns the person; NULL where the link is not good
-- any more, and refused (users_seats) where the tier has no room left: it may have been lowered since the invitation.
-- A row of users is made here and not before, so an invitation says nothing about who has an account already.
-- That the address is theirs is not proven: the link may have been handed over by whoever invited them.
CREATE FUNCTION api.accept_invitation(p_hash bytea, p_username text, p_full_name text) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_id uuid := (SELECT f.invitation_id FROM api.find_invitation(p_hash) f);
    v_user uuid := api.uuid7();
    v_organization uuid := (SELECT i.organization_id FROM invitations i WHERE i.id = v_id);
BEGIN
    -- as api.take_seat does, and before any row: of two who take the last seat at once, the second counts the first
    PERFORM pg_advisory_xact_lock(4715, hashtext(v_organization::text));
    -- as api.issue_invitation does: the invitation first, then its links. Whoever waited looks again.
    PERFORM 1 FROM invitations i WHERE i.id = v_id FOR UPDATE;
    IF NOT EXISTS (SELECT 1 FROM api.find_invitation(p_hash)) THEN
        RETURN NULL;
    END IF;
    IF (SELECT count(*) FROM users u
         WHERE u.organization_id = v_organization AND u.deactivated_at IS NULL AND u.deleted_at IS NULL)
       >= (SELECT api.most_people(o.subscription_tier) FROM organizations o WHERE o.id = v_organization)
    THEN
        RAISE EXCEPTION 'organization % has no seat left', v_organization
            USING ERRCODE = 'check_violation', CONSTRAINT = 'users_seats';
    END IF;
    -- the trail says that they did it themselves
    PERFORM set_config('request.jwt.claims', (api.claims() || jsonb_build_object('sub', v_user))::text, true);
    INSERT INTO users (id, organization_id, email, username, full_name, role, permissions, created_by)
    SELECT v_user, i.organization_id, i.email, lower(p_username), p_full_name, i.role, i.permissions, i.invited_by
      FROM invitations i WHERE i.id = v_id;
    UPDATE user_tokens SET used_at = now() WHERE invitation_id = v_id AND used_at IS NULL;
    UPDATE invitations SET accepted_at = now(), accepted_by = v_user WHERE id = v_id;
    RETURN v_user;
END
$$;
