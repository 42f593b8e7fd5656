-- api.load_sample(jsonb)
-- Makes the sample workspace of rows by table, whole, in an organization that is new: a key that is taken is refused.
-- There is one sample at most (unique_violation); nobody in it is an operator, no row is another organization's, and
-- none refers to anything that does not come along.
CREATE FUNCTION api.load_sample(p_rows jsonb) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    c_tables CONSTANT text[] := ARRAY[
        'users', 'projects', 'orchestration_templates', 'template_versions', 'orchestration_runs', 'phase_executions',
        'integration_operations', 'review_requests', 'run_reviews', 'run_comments', 'schedules', 'webhooks',
        'webhook_events', 'webhook_deliveries', 'webhook_attempts', 'budgets', 'budget_raises', 'api_usage',
        'audit_logs'];
    -- what an event is about, and the request that it came with, may be gone: no foreign keys
    c_no_references CONSTANT text[] := ARRAY['resource_id', 'session_id', 'request_id'];
    v_organization uuid := p_rows #>> '{organizations,0,id}';
    v_table text;
    v_columns text;
BEGIN
    PERFORM api.require_operator();
    PERFORM pg_advisory_xact_lock(4714); -- two at once: the second waits, and finds the first one's
    IF EXISTS (SELECT 1 FROM organizations o WHERE o.sample_made_at IS NOT NULL) THEN
        RAISE EXCEPTION 'there is a sample workspace already'
            USING ERRCODE = 'unique_violation', CONSTRAINT = 'organizations_sample_key';
    END IF;
    FOREACH v_table IN ARRAY c_tables LOOP
        IF EXISTS (
            SELECT 1 FROM jsonb_array_elements(p_rows -> v_table) AS r
             WHERE (r ->> 'organization_id')::uuid IS DISTINCT FROM v_organization OR r ? 'is_operator')
        OR EXISTS (
            SELECT 1 FROM jsonb_array_elements(p_rows -> v_table) AS r, jsonb_each_text(r) AS c
             WHERE c.key ~ '(_id|_by|_from)$' AND c.key <> ALL (c_no_references) AND c.value IS NOT NULL
               AND c.value NOT IN (
                   SELECT made ->> 'id' FROM jsonb_each(p_rows) AS t, jsonb_array_elements(t.value) AS made
                    WHERE made ->> 'id' IS NOT NULL))
        THEN
            RAISE EXCEPTION 'a row of % is not the sample''s', v_table USING ERRCODE = 'insufficient_privilege';
        END IF;
    END LOOP;
    INSERT INTO organizations (id, name, slug, subscription_tier, api_quota_limit, api_quota_used, settings, created_at,
                               sample_made_at)
    SELECT v_organization, name, slug, subscription_tier, api_quota_limit, api_quota_used, settings, created_at,
           transaction_timestamp()
      FROM jsonb_populate_record(NULL::organizations, p_rows #> '{organizations,0}');
    FOREACH v_table IN ARRAY c_tables LOOP
        SELECT string_agg(quote_ident(k), ', ') INTO v_columns FROM jsonb_object_keys(p_rows -> v_table -> 0) AS k;
        CONTINUE WHEN v_columns IS NULL; -- a version before this table has no rows of it
        EXECUTE format('INSERT INTO %1$I (%2$s) SELECT %2$s FROM jsonb_populate_recordset(NULL::%1$I, $1)',
                       v_table, v_columns)
          USING p_rows -> v_table;
    END LOOP;
    RETURN v_organization;
END
$$;
