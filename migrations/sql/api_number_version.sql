-- api.number_version()
-- A version that a person saves is the next one, and of now; and it has phases. Whose it is the policy says.
CREATE FUNCTION api.number_version() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF current_user <> 'authenticated' THEN
        RETURN NEW;
    END IF;
    IF jsonb_typeof(NEW.template_data -> 'phases') IS DISTINCT FROM 'array' THEN
        RAISE EXCEPTION 'a version of a template has phases' USING ERRCODE = 'check_violation';
    END IF;
    NEW.version := 1 + (SELECT coalesce(max(v.version), 0) FROM template_versions v WHERE v.template_id = NEW.template_id);
    NEW.created_at := transaction_timestamp();
    RETURN NEW;
END
$$;
