-- api.tell_phase()
-- Tells endpoints of a phase that is completed: answered, and where people look at answers first, approved.
CREATE FUNCTION api.tell_phase() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF api.is_listened(NEW.organization_id, ARRAY['phase.completed']) THEN
        PERFORM api.emit_event(NEW.organization_id, 'phase.completed', api.phase_card(NEW), NULL);
    END IF;
    RETURN NULL;
END
$$;
