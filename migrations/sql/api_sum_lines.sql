-- api.sum_lines(text, jsonb)
-- The checksum, as `api.sum_runs` has it, of the rows that lines of an archive become again.
CREATE FUNCTION api.sum_lines(p_table text, p_lines jsonb) RETURNS numeric
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, public, pg_temp
SET timezone = 'UTC' SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres' SET bytea_output = 'hex'
SET extra_float_digits = 1
AS $$
DECLARE
    v_sum numeric;
BEGIN
    IF p_table <> ALL (api.archived_tables()) THEN
        RAISE EXCEPTION 'table % is in no archive', p_table USING ERRCODE = 'insufficient_privilege';
    END IF;
    EXECUTE format('SELECT sum(api.row_digest(t::text)) FROM (%s) AS t', api.archived_rows(p_table, ARRAY(
        SELECT attname::text FROM pg_attribute
         WHERE attrelid = p_table::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum)))
       INTO v_sum USING p_lines;
    RETURN coalesce(v_sum, 0);
END
$$;
