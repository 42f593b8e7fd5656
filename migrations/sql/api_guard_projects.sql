-- api.guard_projects()
-- Archiving and restoring needs projects.archive, everything else of a project projects.edit, each for the rows that it
-- reaches. The policy lets a row through that either reaches; the columns are told apart here. What is archived keeps what
-- it was before, whoever archives; a person archives in their own name, now. What is worked for is neither archived, nor
-- completed, nor marked as failed.
CREATE FUNCTION api.guard_projects() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    -- what archiving and restoring writes, and what is worked out
    c_moved CONSTANT text[] := ARRAY['status', 'status_before_archive', 'archived_at', 'archived_by', 'completed_at',
                                     'updated_at', 'name_key'];
    v_permission text;
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.status <> OLD.status THEN
        NEW.status_before_archive := CASE WHEN NEW.status = 'archived' THEN OLD.status END;
    END IF;
    IF current_user <> 'authenticated' THEN
        RETURN NEW;
    END IF;
    IF NEW.status = 'archived' AND (TG_OP = 'INSERT' OR OLD.status <> 'archived') THEN
        NEW.archived_at := transaction_timestamp();
        NEW.archived_by := api.person_id();
    ELSIF TG_OP = 'UPDATE' AND NEW.status = 'archived' THEN
        NEW.archived_at := OLD.archived_at;
        NEW.archived_by := OLD.archived_by;
    END IF;
    IF TG_OP = 'INSERT' THEN
        NEW.last_run_at := NULL;
        NEW.spent_millionths := 0;
        RETURN NEW;
    END IF;
    FOREACH v_permission IN ARRAY ARRAY['projects.archive', 'projects.edit'] LOOP
        IF (api.may(v_permission) OR OLD.created_by = auth.uid() AND api.may_own(v_permission)) THEN
            CONTINUE;
        END IF;
        IF v_permission = 'projects.archive' AND 'archived' IN (OLD.status, NEW.status) AND NEW.status <> OLD.status
           OR v_permission = 'projects.edit' AND (
                  to_jsonb(NEW) - c_moved <> to_jsonb(OLD) - c_moved
               OR NEW.status <> OLD.status AND NOT 'archived' IN (OLD.status, NEW.status)) THEN
            RAISE EXCEPTION 'this change of a project needs %', v_permission USING ERRCODE = 'insufficient_privilege';
        END IF;
    END LOOP;
    IF NEW.status <> OLD.status AND NEW.status <> 'active' THEN
        -- whoever is about to launch for it has locked its key: the count comes after them
        PERFORM 1 FROM projects WHERE id = OLD.id FOR UPDATE;
        IF api.count_open_runs(OLD.id) > 0 THEN
            RAISE EXCEPTION 'project % becomes % once its runs have ended', OLD.id, NEW.status
                USING ERRCODE = 'object_not_in_prerequisite_state';
        END IF;
    END IF;
    RETURN NEW;
END
$$;
