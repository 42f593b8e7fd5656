-- api.guard_invitations()
-- An invitation in nobody's name is the installation's, and made by its operator alone, for an organization to which
-- nobody has come. From the first person on its own people invite.
CREATE FUNCTION api.guard_invitations() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    PERFORM api.require_operator();
    IF EXISTS (SELECT 1 FROM users u WHERE u.organization_id = NEW.organization_id) THEN
        RAISE EXCEPTION 'organization % has people of its own, who invite', NEW.organization_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'invitations_first_admin';
    END IF;
    RETURN NEW;
END
$$;
