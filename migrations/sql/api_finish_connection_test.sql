-- api.finish_connection_test(uuid, uuid, jsonb)
-- How the test that api.begin_connection_test noted went: in the usage, as api.finish_try has it, beside the connection, and
-- in the trail.
CREATE FUNCTION api.finish_connection_test(p_connection uuid, p_usage uuid, p_test jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF NOT api.may('connections.manage') THEN
        RAISE EXCEPTION 'a test needs connections.manage' USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM api.finish_try(p_usage, p_test);
    UPDATE provider_connections SET last_tested_at = clock_timestamp(), last_test = p_test
     WHERE id = p_connection AND organization_id = api.organization_id();
    IF FOUND THEN
        PERFORM api.write_audit(api.organization_id(), 'provider_connections.test', 'provider_connections',
                                p_connection, '{}', p_test);
    END IF;
END
$$;
