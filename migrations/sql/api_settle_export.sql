-- api.settle_export(uuid, text, jsonb)
-- What a worker says of the export that this session has claimed; whether that counted, for its person may have removed
-- it meanwhile. 'made': the file is whole and lies where it says; it is kept for a week. 'failed' says why, for as long.
-- 'later' says why it is tried again in a minute. 'removed': its file is gone, and so is the row.
CREATE FUNCTION api.settle_export(p_export uuid, p_outcome text, p_values jsonb) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_key bigint := api.export_key(p_export);
    v_expires timestamptz := clock_timestamp() + interval '7 days';
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM pg_locks
         WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND granted AND objsubid = 1
           AND classid = ((v_key >> 32) & 4294967295)::oid AND objid = (v_key & 4294967295)::oid)
    THEN
        RAISE EXCEPTION 'export % is not claimed here', p_export USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF p_outcome = 'removed' THEN
        DELETE FROM export_jobs WHERE id = p_export AND status = 'removing';
    ELSIF p_outcome = 'later' THEN
        UPDATE export_jobs SET failure = p_values ->> 'failure', next_at = clock_timestamp() + interval '1 minute'
         WHERE id = p_export AND status IN ('making', 'removing');
    ELSIF p_outcome = 'failed' THEN
        UPDATE export_jobs
           SET status = 'failed', failure = p_values ->> 'failure', next_at = v_expires, expires_at = v_expires
         WHERE id = p_export AND status = 'making';
    ELSIF p_outcome = 'made' THEN
        UPDATE export_jobs
           SET status = 'made', failure = NULL, made_at = clock_timestamp(), next_at = v_expires,
               expires_at = v_expires, store = p_values ->> 'store', file = p_values ->> 'file',
               bytes = (p_values ->> 'bytes')::bigint, rows = (p_values ->> 'rows')::integer,
               is_cut = (p_values ->> 'is_cut')::boolean
         WHERE id = p_export AND status = 'making';
    ELSE
        RAISE EXCEPTION '% is no outcome of an export', p_outcome USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN FOUND;
END
$$;
