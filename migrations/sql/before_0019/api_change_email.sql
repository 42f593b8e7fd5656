-- api.change_email(uuid, text)
-- Gives an active person an address that they have just shown to be theirs, and answers with the one before; nothing
-- where they are gone by now. Raises unique_violation where the address is somebody else's.
CREATE FUNCTION api.change_email(p_user uuid, p_email text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_before text;
BEGIN
    SELECT u.email INTO v_before FROM users u JOIN organizations o ON o.id = u.organization_id
     WHERE u.id = p_user AND u.deactivated_at IS NULL AND u.deleted_at IS NULL AND o.deleted_at IS NULL
       FOR UPDATE OF u;
    UPDATE users SET email = lower(p_email), email_verified_at = now() WHERE id = p_user AND v_before IS NOT NULL;
    RETURN v_before;
END
$$;
