-- api.audit_priority()
-- Another priority of a run is an event; api.audit_run tells of the others.
CREATE FUNCTION api.audit_priority() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    PERFORM api.write_audit(
        p_organization => NEW.organization_id, p_action => 'orchestrations.prioritize',
        p_resource_type => 'orchestrations', p_resource_id => NEW.id,
        p_old => jsonb_build_object('priority', OLD.priority), p_new => jsonb_build_object('priority', NEW.priority));
    RETURN NULL;
END
$$;
