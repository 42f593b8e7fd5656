-- api.tell_user()
-- Tells endpoints of a person whose role is another one, or who was deactivated.
CREATE FUNCTION api.tell_user() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_user jsonb := jsonb_build_object(
        'id', NEW.id, 'name', coalesce(NEW.full_name, NEW.username), 'email', NEW.email, 'role', NEW.role);
BEGIN
    IF NEW.role <> OLD.role AND api.is_listened(NEW.organization_id, ARRAY['user.role_changed']) THEN
        PERFORM api.emit_event(NEW.organization_id, 'user.role_changed', jsonb_build_object(
            'user', v_user, 'role_before', OLD.role), NULL);
    END IF;
    IF NEW.deactivated_at IS NOT NULL AND OLD.deactivated_at IS NULL
       AND api.is_listened(NEW.organization_id, ARRAY['user.deactivated']) THEN
        PERFORM api.emit_event(NEW.organization_id, 'user.deactivated', jsonb_build_object('user', v_user), NULL);
    END IF;
    RETURN NULL;
END
$$;
