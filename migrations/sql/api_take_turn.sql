-- api.take_turn(text)
-- A call that a person makes beside every run, to try a phase or to test a connection, takes its turn as a run's does:
-- 0 where it may be made now, else after how many milliseconds to ask again. 0 where there is no such connection, or no
-- limit.
CREATE FUNCTION api.take_turn(p_slug text) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_organization uuid := api.organization_id();
    v_connection uuid;
    v_limit integer;
BEGIN
    IF NOT (api.may('connections.manage') OR api.may('orchestrations.run')) THEN
        RAISE EXCEPTION 'a call to a model needs connections.manage or orchestrations.run'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    SELECT id, requests_per_minute INTO v_connection, v_limit FROM provider_connections
     WHERE organization_id = v_organization AND slug = p_slug;
    IF v_limit IS NULL THEN
        RETURN 0;
    END IF;
    RETURN (SELECT t.wait_ms FROM api.take_turns(v_organization, v_connection, v_limit, 1) t);
END
$$;
