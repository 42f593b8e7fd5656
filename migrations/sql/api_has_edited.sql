-- api.has_edited(uuid)
-- Whether the person has written a part of what a run's operations send: see api.run_editors.
CREATE FUNCTION api.has_edited(p_run uuid) RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT EXISTS (SELECT FROM api.run_editors(p_run) e WHERE e = api.person_id())
$$;
