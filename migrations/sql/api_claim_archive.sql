-- api.claim_archive(uuid, text)
-- Takes the archive that waits longest for a worker, or the one that is named, and holds it for as long as this session
-- lives: a worker that is killed lets go at once, and the next one begins anew or goes on, as its status says. One that
-- is named is made; or, with the status 'restoring', restored, also where that was done before or its file was to go.
-- None of an organization that has ended.
CREATE FUNCTION api.claim_archive(p_archive uuid, p_status text)
RETURNS TABLE (archive_id uuid, organization_id uuid, project_id uuid, project_name text, status text, store text,
               file text, bytes bigint, sha256 text, is_loaded boolean)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    v_id uuid;
    v_archive archives;
    v_from text[] := CASE WHEN p_archive IS NULL THEN ARRAY['asked', 'making', 'restoring', 'removing']
                          WHEN p_status = 'restoring' THEN ARRAY['made', 'restoring', 'restored', 'removing', 'removed']
                          ELSE ARRAY['asked', 'making'] END;
BEGIN
    FOR v_id IN
        SELECT a.id FROM archives a JOIN organizations o ON o.id = a.organization_id
         WHERE o.deleted_at IS NULL
           AND a.status = ANY (v_from) AND CASE WHEN p_archive IS NULL THEN a.next_at <= now() ELSE a.id = p_archive END
         ORDER BY a.next_at
    LOOP
        CONTINUE WHEN NOT pg_try_advisory_lock(api.archive_key(v_id));
        UPDATE archives a
           SET status = CASE WHEN a.status = 'asked' THEN 'making' WHEN p_status = 'restoring' THEN p_status
                             ELSE a.status END,
               restore_asked_at = CASE WHEN p_status <> a.status THEN now() ELSE a.restore_asked_at END,
               restore_asked_by = CASE WHEN p_status <> a.status THEN NULL ELSE a.restore_asked_by END,
               loaded_at = CASE WHEN p_status <> a.status THEN NULL ELSE a.loaded_at END,
               failure = NULL
         WHERE a.id = v_id AND a.status = ANY (v_from)
        RETURNING a.* INTO v_archive;
        IF FOUND THEN
            RETURN QUERY SELECT v_archive.id, v_archive.organization_id, v_archive.project_id,
                v_archive.project_name::text, v_archive.status::text, v_archive.store::text, v_archive.file::text,
                v_archive.bytes, v_archive.sha256::text, v_archive.loaded_at IS NOT NULL;
            RETURN;
        END IF;
        PERFORM pg_advisory_unlock(api.archive_key(v_id));
    END LOOP;
END
$$;
