-- api.guard_run_comment()
-- What somebody said of a run is changed by themselves alone, and says then that it was; who governs the organization
-- may delete it. What is deleted says nothing any more, and stays deleted.
CREATE FUNCTION api.guard_run_comment() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF OLD.deleted_at IS NOT NULL THEN
        RAISE EXCEPTION 'comment % is deleted', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.deleted_at IS NOT NULL THEN
        NEW.deleted_at := clock_timestamp();
        NEW.comment_text := '';
    ELSIF NEW.comment_text <> OLD.comment_text THEN
        IF current_user = 'authenticated' AND OLD.created_by IS DISTINCT FROM api.person_id() THEN
            RAISE EXCEPTION 'comment % is somebody else''s', OLD.id USING ERRCODE = 'insufficient_privilege';
        END IF;
        NEW.edited_at := clock_timestamp();
    END IF;
    RETURN NEW;
END
$$;
