-- api.is_export_waiting()
-- Whether there is an export for a worker to do something about, in whatever organization, as `api.claim_export` takes
-- them; yes or no, and no more.
CREATE FUNCTION api.is_export_waiting() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT EXISTS (
        SELECT 1 FROM export_jobs j JOIN organizations o ON o.id = j.organization_id
         WHERE j.next_at <= now()
           AND (j.status NOT IN ('asked', 'making') OR (o.deleted_at IS NULL AND o.suspended_at IS NULL)))
$$;
