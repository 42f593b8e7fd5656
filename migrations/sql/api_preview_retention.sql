-- api.preview_retention(uuid, jsonb, integer)
-- What would go of an organization today if its settings said so (`{"retention": {"run_days": 30}}`), or as they stand: runs,
-- usage and audit, each where it is not kept for ever, counted no further than so many; and of what stands, until when it
-- waits. Nothing is changed.
CREATE FUNCTION api.preview_retention(p_organization uuid, p_settings jsonb, p_most integer) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_settings jsonb := coalesce(p_settings, (SELECT o.settings FROM organizations o WHERE o.id = p_organization));
    v_before timestamptz;
    v_waits_until timestamptz;
    v_found jsonb;
    v_all jsonb := '{}';
    v_kind text;
BEGIN
    PERFORM api.require_in(p_organization, 'organization.edit');
    FOREACH v_kind IN ARRAY ARRAY['runs', 'usage', 'audit'] LOOP
        v_before := api.cut_off(v_kind, api.retention_days(v_settings, v_kind));
        IF v_before IS NOT NULL THEN
            EXECUTE format('SELECT api.preview_%s($1, $2, $3)', v_kind) INTO v_found USING p_organization, v_before, p_most;
            v_waits_until := coalesce((SELECT p.waits_until FROM retention_progress p
                                        WHERE p.organization_id = p_organization AND p.kind = v_kind),
                                      now() + interval '24 hours');
            v_all := v_all || jsonb_build_object(v_kind, v_found || jsonb_build_object(
                'waits_until', CASE WHEN p_settings IS NULL AND v_waits_until > now() THEN v_waits_until END));
        END IF;
    END LOOP;
    RETURN v_all;
END
$$;
