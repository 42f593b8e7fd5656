-- api.guard_archives()
-- A person asks for an archive, for what is in it to come back, and for its file to be removed; who it was and when is
-- written here. All else is the workers'. What was removed stays as it is, a record, unless somebody has kept a copy of
-- its file and hands it to the command line.
CREATE FUNCTION api.guard_archives() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF current_user = 'authenticated' THEN
            NEW.asked_by := api.person_id();
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.status = 'removed' AND NEW.status <> 'restoring' THEN
        RAISE EXCEPTION 'archive % is removed', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    IF current_user = 'authenticated' THEN
        IF NEW.status = 'restoring' AND OLD.status IN ('made', 'restored') THEN
            NEW.loaded_at := NULL;
            NEW.restore_asked_by := api.person_id();
            NEW.restore_asked_at := clock_timestamp();
        ELSIF NEW.status = 'removing' AND OLD.status IN ('made', 'restored') THEN
            IF api.is_project_held(OLD.project_id) THEN
                RAISE EXCEPTION 'archive % is under a legal hold', OLD.id USING ERRCODE = 'check_violation';
            END IF;
            NEW.removed_by := api.person_id();
        ELSE
            RAISE EXCEPTION 'a person can''t move an archive from % to %', OLD.status, NEW.status
                USING ERRCODE = 'insufficient_privilege';
        END IF;
        NEW.failure := NULL;
        NEW.next_at := clock_timestamp();
    END IF;
    RETURN NEW;
END
$$;
