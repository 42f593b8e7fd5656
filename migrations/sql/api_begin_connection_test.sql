-- api.begin_connection_test(uuid, text)
-- Note the call of a test of a connection as lost until api.finish_connection_test says how it ended, where no hard budget
-- of the organization or of the person is used up. A test is not taken from the quota, which counts the attempts of runs.
-- Returns the id of its row in the usage; NULL where there is no such connection.
CREATE FUNCTION api.begin_connection_test(p_connection uuid, p_model text) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_organization uuid := api.organization_id();
    v_id uuid;
    v_budget jsonb;
BEGIN
    IF NOT api.may('connections.manage') THEN
        RAISE EXCEPTION 'a test needs connections.manage' USING ERRCODE = 'insufficient_privilege';
    END IF;
    v_budget := api.hold_budgets(v_organization, NULL, auth.uid());
    IF v_budget IS NOT NULL THEN
        RAISE EXCEPTION 'a budget is used up' USING ERRCODE = 'AO004', DETAIL = v_budget::text;
    END IF;
    INSERT INTO api_usage (organization_id, user_id, endpoint, method, provider, model, error_kind)
    SELECT organization_id, auth.uid(), 'model', 'POST', slug, p_model, 'lost'
      FROM provider_connections WHERE id = p_connection AND organization_id = v_organization
    RETURNING id INTO v_id;
    RETURN v_id;
END
$$;
