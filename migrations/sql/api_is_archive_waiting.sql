-- api.is_archive_waiting()
-- Whether there is an archive for a worker to do something about, in whatever organization, as `api.claim_archive` takes
-- them; yes or no, and no more.
CREATE FUNCTION api.is_archive_waiting() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT EXISTS (
        SELECT 1 FROM archives a JOIN organizations o ON o.id = a.organization_id
         WHERE a.status IN ('asked', 'making', 'restoring', 'removing') AND a.next_at <= now() AND o.deleted_at IS NULL
           AND NOT (a.status = 'removing' AND api.is_kept(a.organization_id, a.project_id)))
$$;
