-- api.create_user(uuid, text, text, text, text, boolean)
-- A new person of an organization, for the first set-up and the command line.
CREATE FUNCTION api.create_user(
    p_organization uuid, p_email text, p_username text, p_full_name text, p_role text, p_is_operator boolean
) RETURNS uuid
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    INSERT INTO users (organization_id, email, username, full_name, role, is_operator)
    VALUES (p_organization, lower(p_email), lower(p_username), p_full_name, p_role, p_is_operator)
    RETURNING id
$$;
