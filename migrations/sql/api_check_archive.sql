-- api.check_archive(uuid, text, jsonb)
-- `api.sum_lines` of what was read from the file of an archive that is held to be made: nothing is removed before it is
-- the sum of the rows.
CREATE FUNCTION api.check_archive(p_archive uuid, p_table text, p_lines jsonb) RETURNS numeric
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    PERFORM api.hold_archive(p_archive, 'making');
    RETURN api.sum_lines(p_table, p_lines);
END
$$;
