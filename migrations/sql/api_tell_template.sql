-- api.tell_template()
-- Tells endpoints of a template that is offered by now: to the organization, to everybody, or with another version.
CREATE FUNCTION api.tell_template() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.status = 'published' AND OLD.version = NEW.version AND OLD.is_public >= NEW.is_public THEN
        RETURN NULL;
    END IF;
    IF api.is_listened(NEW.organization_id, ARRAY['template.published']) THEN
        PERFORM api.emit_event(NEW.organization_id, 'template.published', jsonb_build_object(
            'template', jsonb_build_object(
                'id', NEW.id, 'name', NEW.name, 'version', NEW.version, 'category', NEW.category,
                'is_public', NEW.is_public, 'created_by', api.person_card(NEW.created_by))), NULL);
    END IF;
    RETURN NULL;
END
$$;
