-- api.begin_removal(uuid)
-- The file of this archive is about to be removed, by the worker that holds the archive: whether it may be. From here on a
-- hold that is placed waits until the worker lets go, and so does a backup that would miss the file. Where a legal hold keeps
-- it the archive stands again as it did before somebody wanted it gone.
CREATE FUNCTION api.begin_removal(p_archive uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_archive archives := api.hold_archive(p_archive, 'removing');
BEGIN
    PERFORM pg_advisory_lock(4719);
    PERFORM pg_advisory_lock(4718, hashtext(v_archive.organization_id::text));
    IF NOT api.is_kept(v_archive.organization_id, v_archive.project_id) THEN
        RETURN true;
    END IF;
    UPDATE archives
       SET status = CASE WHEN restored_at IS NULL THEN 'made' ELSE 'restored' END, removed_by = NULL,
           failure = 'A legal hold keeps this archive, so its file was not deleted.'
     WHERE id = p_archive;
    RETURN false;
END
$$;
