-- api.speak_for_run(uuid, uuid)
-- What the engine does from here on is written to the audit trail as the run's person, marked as engine.
CREATE FUNCTION api.speak_for_run(p_organization uuid, p_user uuid) RETURNS void
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT set_config('request.jwt.claims', jsonb_build_object(
        'sub', p_user, 'organization', p_organization, 'user_agent', 'engine')::text, true)
$$;
