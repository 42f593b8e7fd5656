-- api.archived_lines(uuid, uuid, text, uuid[])
-- Rows of a table that go into an archive, each a line of JSON with every column: all runs of a project, a run after the
-- one that it goes on from, or what another table holds of the runs that are named. A column of JSON that has no value is
-- left out of its line, and so is told apart from one that holds JSON's null.
CREATE FUNCTION api.archived_lines(p_organization uuid, p_project uuid, p_table text, p_runs uuid[]) RETURNS SETOF text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, public, pg_temp
SET timezone = 'UTC' SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres' SET bytea_output = 'hex'
SET extra_float_digits = 1
AS $$
DECLARE
    v_rows text := 'unnest($3) WITH ORDINALITY AS run (id, place) JOIN %1$I AS t '
        'ON t.organization_id = $1 AND t.run_id = run.id ORDER BY run.place, t.id';
    v_without text;
BEGIN
    IF p_table <> ALL (api.archived_tables()) THEN
        RAISE EXCEPTION 'table % is in no archive', p_table USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF p_table = 'orchestration_runs' THEN
        v_rows := '(WITH RECURSIVE line AS (
                SELECT r.id, 0 AS depth FROM %1$I r
                 WHERE r.organization_id = $1 AND r.project_id = $2 AND NOT EXISTS (
                       SELECT 1 FROM %1$I p
                        WHERE p.organization_id = $1 AND p.project_id = $2 AND p.id = r.parent_run_id)
                UNION ALL
                SELECT r.id, line.depth + 1 FROM line
                  JOIN %1$I r ON r.organization_id = $1 AND r.project_id = $2 AND r.parent_run_id = line.id)
            SELECT * FROM line) AS line JOIN %1$I AS t ON t.id = line.id ORDER BY line.depth, t.created_at, t.id';
    END IF;
    SELECT string_agg(format('CASE WHEN t.%I IS NULL THEN %L END', attname, attname), ', ') INTO v_without
      FROM pg_attribute WHERE attrelid = p_table::regclass AND attnum > 0 AND NOT attisdropped
       AND atttypid = 'jsonb'::regtype AND NOT attnotnull;
    RETURN QUERY EXECUTE format(
        'SELECT (to_jsonb(t) - array_remove(ARRAY[' || coalesce(v_without, '') || ']::text[], NULL))::text FROM '
        || v_rows, p_table)
      USING p_organization, p_project, p_runs;
END
$$;
