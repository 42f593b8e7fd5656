-- api.follow_review()
-- A draft that somebody's word is asked for is in review until it is given, and a draft again where it is not. SECURITY
-- DEFINER: who may publish and no more says no to what they can read no longer then.
CREATE FUNCTION api.follow_review() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        UPDATE orchestration_templates SET status = 'in_review' WHERE id = NEW.template_id AND status = 'draft';
    ELSIF NEW.decision IN ('rejected', 'withdrawn') THEN
        UPDATE orchestration_templates SET status = 'draft' WHERE id = NEW.template_id AND status = 'in_review';
    END IF;
    RETURN NULL;
END
$$;
