-- api.sum_runs(uuid, uuid[], jsonb)
-- Of these runs, by table: how many rows, and a checksum over all that is in them. `p_columns` are the columns of each
-- table that are looked at, all where it is NULL; a table that has got more since is compared by those of then.
CREATE FUNCTION api.sum_runs(p_organization uuid, p_runs uuid[], p_columns jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, public, pg_temp
SET timezone = 'UTC' SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres' SET bytea_output = 'hex'
SET extra_float_digits = 1
AS $$
DECLARE
    v_table text;
    v_columns text[];
    v_rows bigint;
    v_sum numeric;
    v_sums jsonb := '{}';
BEGIN
    FOREACH v_table IN ARRAY api.archived_tables() LOOP
        IF p_columns IS NULL THEN
            SELECT array_agg(attname::text ORDER BY attnum) INTO v_columns
              FROM pg_attribute WHERE attrelid = v_table::regclass AND attnum > 0 AND NOT attisdropped;
        ELSE
            v_columns := ARRAY(SELECT jsonb_array_elements_text(p_columns -> v_table));
        END IF;
        EXECUTE format(
            'SELECT count(*), coalesce(sum(api.row_digest(ROW(%s)::text)), 0) FROM unnest($2) AS run (id) '
            'JOIN %I AS t ON t.organization_id = $1 AND t.%I = run.id',
            (SELECT string_agg(format('t.%I', c), ', ' ORDER BY n) FROM unnest(v_columns) WITH ORDINALITY AS u (c, n)),
            v_table, CASE v_table WHEN 'orchestration_runs' THEN 'id' ELSE 'run_id' END)
           INTO v_rows, v_sum USING p_organization, p_runs;
        v_sums := v_sums || jsonb_build_object(v_table, jsonb_build_object(
            'columns', to_jsonb(v_columns), 'rows', v_rows, 'checksum', v_sum::text));
    END LOOP;
    RETURN v_sums;
END
$$;
