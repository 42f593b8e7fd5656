-- api.tell_project()
-- Tells endpoints of a project that was made, or in which people have changed something: what its runs add up to is no
-- change of theirs.
CREATE FUNCTION api.tell_project() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_type text := CASE WHEN TG_OP = 'INSERT' THEN 'project.created' ELSE 'project.updated' END;
    v_changed jsonb := '[]';
BEGIN
    IF NOT api.is_listened(NEW.organization_id, ARRAY[v_type]) THEN
        RETURN NULL;
    END IF;
    IF TG_OP = 'UPDATE' THEN
        SELECT coalesce(jsonb_agg(n.key ORDER BY n.key), '[]') INTO v_changed
          FROM jsonb_each(to_jsonb(NEW)) n JOIN jsonb_each(to_jsonb(OLD)) o USING (key)
         WHERE n.value IS DISTINCT FROM o.value
           AND n.key IN ('name', 'description', 'topic', 'status', 'priority', 'metadata', 'settings');
        IF v_changed = '[]' THEN
            RETURN NULL;
        END IF;
    END IF;
    PERFORM api.emit_event(NEW.organization_id, v_type, jsonb_build_object(
        'project', jsonb_build_object(
            'id', NEW.id, 'name', NEW.name, 'status', NEW.status, 'priority', NEW.priority,
            'created_at', NEW.created_at, 'created_by', api.person_card(NEW.created_by)),
        'changed', v_changed), NULL);
    RETURN NULL;
END
$$;
