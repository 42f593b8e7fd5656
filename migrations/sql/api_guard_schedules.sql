-- api.guard_schedules()
-- A schedule launches in the name of whoever said last what it launches and when: who edits somebody else's, moves its
-- next time or switches it on takes it over, and nobody speaks for anybody else. All that may be done to another's is to
-- switch it off or delete it. What a person points it to they can see themselves, and its next time is to come. Switched
-- on again it begins without the refusals that it had; a deleted one stays as it is.
CREATE FUNCTION api.guard_schedules() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    c_steered CONSTANT text[] := ARRAY[
        'is_active', 'deleted_at', 'claimed_until', 'refusals', 'stopped_at', 'updated_at', 'user_id'];
    v_person uuid;
    v_is_new boolean := TG_OP = 'INSERT';
    v_is_switched_on boolean := false;
BEGIN
    IF current_user <> 'authenticated' THEN
        RETURN NEW;
    END IF;
    v_person := api.person_id();
    IF NOT v_is_new THEN
        IF OLD.deleted_at IS NOT NULL THEN
            RAISE EXCEPTION 'schedule % is deleted', OLD.id USING ERRCODE = 'insufficient_privilege';
        END IF;
        v_is_switched_on := NEW.is_active AND NOT OLD.is_active;
        IF v_is_switched_on OR NEW.user_id <> OLD.user_id
           OR to_jsonb(NEW) - c_steered IS DISTINCT FROM to_jsonb(OLD) - c_steered THEN
            IF NEW.user_id IS DISTINCT FROM v_person THEN
                RAISE EXCEPTION 'nobody schedules in the name of another' USING ERRCODE = 'insufficient_privilege';
            END IF;
        END IF;
        IF v_is_switched_on THEN
            NEW.refusals := 0;
            NEW.stopped_at := NULL;
        END IF;
    END IF;
    IF v_is_new OR NEW.project_id <> OLD.project_id THEN
        PERFORM 1 FROM projects WHERE id = NEW.project_id;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'no such project' USING ERRCODE = 'insufficient_privilege';
        END IF;
    END IF;
    IF (v_is_new OR NEW.template_id <> OLD.template_id) AND api.find_template(NEW.template_id) IS NULL THEN
        RAISE EXCEPTION 'no such template' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF NEW.next_run_at <= now() AND (v_is_new OR v_is_switched_on OR NEW.next_run_at IS DISTINCT FROM OLD.next_run_at) THEN
        RAISE EXCEPTION 'the next run of a schedule is to come' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;
