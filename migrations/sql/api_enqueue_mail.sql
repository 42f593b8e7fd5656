-- api.enqueue_mail(text, text, uuid, jsonb, bytea)
-- Puts a mail into the outbox, in the caller's transaction, and wakes the workers. Sign-in may write whatever it has to
-- say; a person writes invitations to their own organization, with users.invite, and an operator to the first admin of
-- another one, in the transaction that invites them (api.invite_first_admin); and to whom they have made a link for a new
-- password, in the transaction that made it (api.issue_password_link). Nobody writes anything else. The sample
-- workspace's people are invented: nothing is sent in its name.
CREATE FUNCTION api.enqueue_mail(p_kind text, p_recipient text, p_organization uuid, p_values jsonb, p_secret bytea)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF session_user <> 'orchestrator_identity' AND (
        p_kind = 'invitation' AND (
            p_organization = api.organization_id() AND api.may('users.invite')
            OR EXISTS (SELECT 1 FROM invitations i
                        WHERE i.organization_id = p_organization AND i.email = p_recipient AND i.invited_by IS NULL
                          AND i.revoked_at IS NULL AND i.created_at = transaction_timestamp()))
        OR p_kind = 'password_reset' AND p_organization = api.organization_id()
            AND EXISTS (SELECT 1 FROM user_tokens t JOIN users u ON u.id = t.user_id
                         WHERE t.kind = 'password_reset' AND t.used_at IS NULL AND t.created_at = transaction_timestamp()
                           AND t.email = p_recipient AND u.organization_id = p_organization)
    ) IS NOT TRUE THEN
        RAISE EXCEPTION 'this mail is not a person''s to write: %', p_kind USING ERRCODE = 'insufficient_privilege';
    END IF;
    INSERT INTO mail_outbox (kind, recipient, organization_id, "values", secret)
    SELECT p_kind, p_recipient, p_organization, p_values, p_secret
     WHERE NOT EXISTS (SELECT 1 FROM organizations o WHERE o.id = p_organization AND o.sample_made_at IS NOT NULL);
    PERFORM pg_notify('orchestrator_mail', '');
END
$$;
