-- api.guard_projects()
-- Archiving and restoring needs projects.archive, everything else of a project projects.edit, each for the rows that it
-- reaches. The policy lets a row through that either reaches; the columns are told apart here.
CREATE FUNCTION api.guard_projects() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_permission text;
BEGIN
    IF current_user <> 'authenticated' THEN
        RETURN NEW;
    END IF;
    FOREACH v_permission IN ARRAY ARRAY['projects.archive', 'projects.edit'] LOOP
        IF (api.may(v_permission) OR OLD.created_by = auth.uid() AND api.may_own(v_permission)) THEN
            CONTINUE;
        END IF;
        IF v_permission = 'projects.archive' AND 'archived' IN (OLD.status, NEW.status) AND NEW.status <> OLD.status
           OR v_permission = 'projects.edit' AND (
                  to_jsonb(NEW) - ARRAY['status', 'archived_at', 'archived_by', 'completed_at', 'updated_at']
               <> to_jsonb(OLD) - ARRAY['status', 'archived_at', 'archived_by', 'completed_at', 'updated_at']
               OR NEW.status <> OLD.status AND NOT 'archived' IN (OLD.status, NEW.status)) THEN
            RAISE EXCEPTION 'this change of a project needs %', v_permission USING ERRCODE = 'insufficient_privilege';
        END IF;
    END LOOP;
    RETURN NEW;
END
$$;
