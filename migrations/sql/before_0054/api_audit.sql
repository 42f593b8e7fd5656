-- api.audit()
-- The one trigger that fills `audit_logs`: who, from where, and which columns changed from what to what.
-- Arguments: the resource's name, columns whose change is no event, columns whose value is never written (by commas).
-- SECURITY DEFINER: nobody else may insert into `audit_logs`, so no code path can forget or forge a row.
CREATE FUNCTION api.audit() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_ignored text[] := string_to_array(TG_ARGV[1], ',') || ARRAY['updated_at'];
    v_secret text[] := string_to_array(TG_ARGV[2], ',');
    v_before jsonb := CASE WHEN TG_OP = 'INSERT' THEN '{}'::jsonb ELSE to_jsonb(OLD) END;
    v_after jsonb := CASE WHEN TG_OP = 'DELETE' THEN '{}'::jsonb ELSE to_jsonb(NEW) END;
    v_row jsonb := CASE WHEN TG_OP = 'DELETE' THEN v_before ELSE v_after END;
    v_organization uuid := CASE
        WHEN TG_TABLE_NAME = 'organizations' THEN (v_row ->> 'id')::uuid
        WHEN v_row ? 'organization_id' THEN (v_row ->> 'organization_id')::uuid
        ELSE (SELECT u.organization_id FROM public.users u WHERE u.id = (v_row ->> 'user_id')::uuid) END;
    v_old jsonb;
    v_new jsonb;
BEGIN
    SELECT coalesce(jsonb_object_agg(k, v_before -> k) FILTER (WHERE v_before ? k), '{}'),
           coalesce(jsonb_object_agg(k, v_after -> k) FILTER (WHERE v_after ? k), '{}')
      INTO v_old, v_new
      FROM jsonb_object_keys(v_row) AS k
     WHERE k <> ALL (v_ignored) AND v_before -> k IS DISTINCT FROM v_after -> k
       AND NOT (coalesce(v_before -> k, 'null') = 'null' AND coalesce(v_after -> k, 'null') = 'null');
    -- A row of no organization is the installation's own (a built-in template): it is in nobody's trail.
    IF v_organization IS NULL OR v_old = '{}' AND v_new = '{}' THEN
        RETURN NULL;
    END IF;
    SELECT v_old || coalesce(jsonb_object_agg(k, '"(secret)"'::jsonb) FILTER (WHERE v_old ->> k IS NOT NULL), '{}'),
           v_new || coalesce(jsonb_object_agg(k, '"(secret)"'::jsonb) FILTER (WHERE v_new ->> k IS NOT NULL), '{}')
      INTO v_old, v_new
      FROM unnest(v_secret) AS k;
    PERFORM api.write_audit(
        p_organization => v_organization,
        p_action => TG_ARGV[0] || '.' || CASE TG_OP WHEN 'INSERT' THEN 'create' WHEN 'UPDATE' THEN 'update' ELSE 'delete' END,
        p_resource_type => TG_ARGV[0],
        p_resource_id => coalesce(v_row ->> 'id', v_row ->> 'user_id')::uuid,
        p_old => v_old, p_new => v_new);
    RETURN NULL;
END
$$;
