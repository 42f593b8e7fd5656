-- api.sum_archive(uuid)
-- What an archive that is being made has to hold: `api.sum_runs` of all runs of its project, as this transaction sees
-- them.
CREATE FUNCTION api.sum_archive(p_archive uuid) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_archive archives := api.hold_archive(p_archive, 'making');
BEGIN
    RETURN api.sum_runs(v_archive.organization_id, ARRAY(
        SELECT id FROM orchestration_runs
         WHERE organization_id = v_archive.organization_id AND project_id = v_archive.project_id), NULL);
END
$$;
