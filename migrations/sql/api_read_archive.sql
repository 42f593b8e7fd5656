-- api.read_archive(uuid, text, uuid[])
-- `api.archived_lines` of the project whose archive is held to be made.
CREATE FUNCTION api.read_archive(p_archive uuid, p_table text, p_runs uuid[]) RETURNS SETOF text
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_archive archives := api.hold_archive(p_archive, 'making');
BEGIN
    RETURN QUERY SELECT * FROM api.archived_lines(v_archive.organization_id, v_archive.project_id, p_table, p_runs);
END
$$;
