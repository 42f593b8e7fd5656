-- api.preview_retention(uuid, jsonb, integer)
-- What would go of an organization today if its settings said so (`{"retention": {"run_days": 30}}`), or as they stand: runs,
-- usage and audit, each where it is not kept for ever, counted no further than so many. Nothing is changed.
CREATE FUNCTION api.preview_retention(p_organization uuid, p_settings jsonb, p_most integer) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_settings jsonb := coalesce(p_settings, (SELECT o.settings FROM organizations o WHERE o.id = p_organization));
    v_before timestamptz;
    v_found jsonb;
    v_all jsonb := '{}';
    v_kind text;
BEGIN
    PERFORM api.require_governor(p_organization);
    FOREACH v_kind IN ARRAY ARRAY['runs', 'usage', 'audit'] LOOP
        v_before := api.cut_off(v_kind, api.retention_days(v_settings, v_kind));
        IF v_before IS NOT NULL THEN
            EXECUTE format('SELECT api.preview_%s($1, $2, $3)', v_kind) INTO v_found USING p_organization, v_before, p_most;
            v_all := v_all || jsonb_build_object(v_kind, v_found);
        END IF;
    END LOOP;
    RETURN v_all;
END
$$;
