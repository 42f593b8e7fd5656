-- api.guard_template_review()
-- A decision is final, is made by who makes it, and now. One's own request is withdrawn; another's is decided by those
-- with templates.publish.
CREATE FUNCTION api.guard_template_review() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF OLD.decision IS NOT NULL THEN
        RAISE EXCEPTION 'review % is decided', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    IF current_user <> 'authenticated' THEN
        RETURN NEW;
    END IF;
    IF NEW.decided_by IS DISTINCT FROM api.person_id()
       OR NEW.decision <> 'withdrawn' AND NOT api.may('templates.publish') THEN
        RAISE EXCEPTION 'a review is decided by templates.publish' USING ERRCODE = 'insufficient_privilege';
    END IF;
    NEW.decided_at := transaction_timestamp();
    RETURN NEW;
END
$$;
