-- api.restore_rows(uuid, text, jsonb)
-- Puts lines of an archive's file back as the rows that they were, and tells nobody: it is the one way in on which the
-- triggers of runs are silent (`api.is_restoring`). Only of the archive's own runs, in its organization and project;
-- that all of them are as they were saved is seen to at the end (api.settle_archive).
CREATE FUNCTION api.restore_rows(p_archive uuid, p_table text, p_lines jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_archive archives := api.hold_archive(p_archive, 'restoring');
    v_key text := CASE p_table WHEN 'orchestration_runs' THEN 'id' ELSE 'run_id' END;
    v_columns text[] := ARRAY(SELECT jsonb_array_elements_text(v_archive.tables -> p_table -> 'columns'));
BEGIN
    IF p_table <> ALL (api.archived_tables()) OR v_archive.loaded_at IS NOT NULL OR EXISTS (
        SELECT 1 FROM jsonb_array_elements(p_lines) AS line
          LEFT JOIN unnest(v_archive.run_ids) AS run (id) ON run.id = (line ->> v_key)::uuid
         WHERE run.id IS NULL OR (line ->> 'organization_id')::uuid IS DISTINCT FROM v_archive.organization_id
            OR p_table = 'orchestration_runs' AND (line ->> 'project_id')::uuid IS DISTINCT FROM v_archive.project_id)
    THEN
        RAISE EXCEPTION 'a row of % is not one of archive %', p_table, p_archive
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    UPDATE archives SET restoring_in = pg_current_xact_id()::text::bigint
     WHERE id = p_archive AND restoring_in IS DISTINCT FROM pg_current_xact_id()::text::bigint;
    PERFORM set_config('app.restoring', p_archive::text, true);
    EXECUTE format('INSERT INTO public.%I (%s) %s', p_table,
                   (SELECT string_agg(quote_ident(name), ', ' ORDER BY place)
                      FROM unnest(v_columns) WITH ORDINALITY AS u (name, place)),
                   api.archived_rows(p_table, v_columns))
      USING p_lines;
    PERFORM set_config('app.restoring', '', true);
END
$$;
