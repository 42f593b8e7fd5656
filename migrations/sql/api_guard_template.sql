-- api.guard_template()
-- What other people rely on (published, public) is made and changed by those with templates.publish only. What a template
-- says is one of its versions, and what other organizations read of it, its card too, somebody else has approved, where
-- the organization asks for that; under whose name it is public is the organization's own. Who may publish and not edit
-- it changes it in the decision about it alone. A fork names a template that its maker can see, and nobody writes the
-- counter but api.count_template_run. A sample's templates are its own: what a real organization has made from one could
-- not outlive the sample's removal.
CREATE FUNCTION api.guard_template() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF NEW.is_public AND EXISTS (
        SELECT 1 FROM organizations o WHERE o.id = NEW.organization_id AND o.sample_made_at IS NOT NULL)
    THEN
        RAISE EXCEPTION 'a template of the sample workspace is nobody else''s' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF current_user <> 'authenticated' THEN
        RETURN NEW;
    END IF;
    IF (NEW.is_public OR NEW.status = 'published' OR TG_OP = 'UPDATE' AND (OLD.is_public OR OLD.status = 'published'))
       AND NOT api.may('templates.publish') THEN
        RAISE EXCEPTION 'a published template is changed by templates.publish' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF TG_OP = 'UPDATE' AND NOT api.may('templates.edit')
       AND NOT (OLD.created_by = api.person_id() AND api.may_own('templates.edit'))
       AND (NEW.deleted_at IS DISTINCT FROM OLD.deleted_at OR NOT EXISTS (
           SELECT 1 FROM template_reviews r
            WHERE r.template_id = NEW.id AND r.decided_by = api.person_id() AND r.decided_at = transaction_timestamp()
              AND r.decision = 'approved' AND NEW.version = r.version AND NEW.status = 'published'
              AND NEW.is_public = (OLD.is_public OR r.makes_public)
              AND api.card_of(NEW) = coalesce(r.card, api.card_of(OLD)))) THEN
        RAISE EXCEPTION 'a template is changed by templates.edit' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF TG_OP = 'INSERT' AND NEW.usage_count <> 0 THEN
        RAISE EXCEPTION 'usage_count is counted, not written' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF TG_OP = 'INSERT' AND NEW.forked_from IS NOT NULL AND api.find_template(NEW.forked_from) IS NULL THEN
        RAISE EXCEPTION 'the template that this one is forked from is not there' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF TG_OP = 'UPDATE' AND (NEW.version <> OLD.version OR NEW.template_data <> OLD.template_data)
       AND NOT EXISTS (SELECT 1 FROM template_versions v WHERE v.template_id = NEW.id AND v.version = NEW.version
                        AND v.template_data = NEW.template_data) THEN
        RAISE EXCEPTION 'template % has no such version %', NEW.id, NEW.version USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF NEW.is_public THEN
        NEW.publisher_name := (SELECT o.name FROM organizations o WHERE o.id = NEW.organization_id);
        IF (TG_OP = 'INSERT' OR NOT OLD.is_public OR NEW.version <> OLD.version
            OR api.card_of(NEW) <> api.card_of(OLD))
           AND (SELECT coalesce((o.settings #>> '{publishing,requires_approval}')::boolean, true)
                  FROM organizations o WHERE o.id = NEW.organization_id)
           AND NOT EXISTS (SELECT 1 FROM template_reviews r WHERE r.template_id = NEW.id AND r.version = NEW.version
                            AND r.makes_public AND r.decision = 'approved' AND r.card = api.card_of(NEW)) THEN
            RAISE EXCEPTION 'version % of template % is public once somebody else has approved it', NEW.version, NEW.id
                USING ERRCODE = 'insufficient_privilege';
        END IF;
    END IF;
    RETURN NEW;
END
$$;
