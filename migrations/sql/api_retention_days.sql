-- api.retention_days(jsonb, text)
-- For how many days an organization with these settings keeps runs, usage or its audit trail; NULL is for ever, as is what
-- somebody has written there past the application and is no number.
CREATE FUNCTION api.retention_days(p_settings jsonb, p_kind text) RETURNS integer
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN jsonb_typeof(v) = 'number' THEN least((v #>> '{}')::numeric, 1000000)::integer END
      FROM (SELECT p_settings #> ARRAY['retention', CASE p_kind WHEN 'runs' THEN 'run_days' ELSE p_kind || '_days' END])
           AS setting (v)
$$;
