-- api.hold_archive(uuid, text)
-- The archive, where it stands so and this session has claimed it; nobody else does anything with it. Without the ids of
-- its runs, which may be a million: whoever needs them reads them.
CREATE FUNCTION api.hold_archive(p_archive uuid, p_status text) RETURNS archives
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_key bigint := api.archive_key(p_archive);
    v_archive archives;
BEGIN
    SELECT * INTO v_archive FROM archives WHERE id = p_archive AND status = p_status;
    IF NOT FOUND OR NOT EXISTS (
        SELECT 1 FROM pg_locks
         WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND granted AND objsubid = 1
           AND classid = ((v_key >> 32) & 4294967295)::oid AND objid = (v_key & 4294967295)::oid)
    THEN
        RAISE EXCEPTION 'archive % is not claimed here to be %', p_archive, p_status
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    v_archive.run_ids := NULL;
    v_archive.away_ids := NULL;
    RETURN v_archive;
END
$$;
