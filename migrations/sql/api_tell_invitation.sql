-- api.tell_invitation()
-- Tells endpoints that somebody was invited.
CREATE FUNCTION api.tell_invitation() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF api.is_listened(NEW.organization_id, ARRAY['user.invited']) THEN
        PERFORM api.emit_event(NEW.organization_id, 'user.invited', jsonb_build_object(
            'invitation', jsonb_build_object(
                'id', NEW.id, 'email', NEW.email, 'role', NEW.role, 'expires_at', NEW.expires_at,
                'invited_by', api.person_card(NEW.invited_by))), NULL);
    END IF;
    RETURN NULL;
END
$$;
