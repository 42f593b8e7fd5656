-- api.use_template(uuid)
-- Count one launch of a template that the person who asks can see, also a public one of another organization.
CREATE FUNCTION api.use_template(p_template uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    UPDATE orchestration_templates SET usage_count = usage_count + 1
     WHERE id = api.find_template(p_template);
    IF NOT FOUND THEN
        RAISE EXCEPTION 'template % is not there to be used', p_template USING ERRCODE = 'insufficient_privilege';
    END IF;
END
$$;
