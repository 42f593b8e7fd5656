-- api.begin_try(text, text)
-- Take one call of the organization's quota for a prompt that a person tries out, and note the call as lost until
-- api.finish_try says how it ended: a process that dies meanwhile leaves what a worker's death leaves of a phase. Returns
-- the id of its row in the usage; NULL where the quota is used up.
CREATE FUNCTION api.begin_try(p_provider text, p_model text) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_organization uuid := api.organization_id();
    v_id uuid := api.uuid7();
    v_budget jsonb;
BEGIN
    IF NOT api.may('orchestrations.run') THEN
        RAISE EXCEPTION 'a call to a model needs orchestrations.run' USING ERRCODE = 'insufficient_privilege';
    END IF;
    v_budget := api.hold_budgets(v_organization, NULL, auth.uid());
    IF v_budget IS NOT NULL THEN
        RAISE EXCEPTION 'a budget is used up' USING ERRCODE = 'AO004', DETAIL = v_budget::text;
    END IF;
    IF api.take_quota(v_organization, 1) = 0 THEN
        RETURN NULL;
    END IF;
    INSERT INTO api_usage (id, organization_id, user_id, endpoint, method, provider, model, error_kind)
    VALUES (v_id, v_organization, auth.uid(), 'model', 'POST', p_provider, p_model, 'lost');
    RETURN v_id;
END
$$;
