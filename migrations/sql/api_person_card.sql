-- api.person_card(uuid)
-- How an event names a person: {id, name}; NULL where there is none.
CREATE FUNCTION api.person_card(p_user uuid) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT jsonb_build_object('id', u.id, 'name', coalesce(u.full_name, u.username)) FROM users u WHERE u.id = p_user
$$;
