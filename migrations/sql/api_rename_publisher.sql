-- api.rename_publisher()
-- What an organization has made public bears its name, also once it has another one.
CREATE FUNCTION api.rename_publisher() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    UPDATE orchestration_templates SET publisher_name = NEW.name WHERE organization_id = NEW.id AND is_public;
    RETURN NULL;
END
$$;
