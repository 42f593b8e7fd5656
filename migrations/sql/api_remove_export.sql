-- api.remove_export(uuid)
-- Its person has no use for an export any more: a worker removes its file, and the row with it. One that is being written
-- is not kept when it is whole. Whether there is such a one of theirs.
CREATE FUNCTION api.remove_export(p_export uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    UPDATE export_jobs SET status = 'removing', failure = NULL, next_at = now()
     WHERE id = p_export AND organization_id = api.organization_id() AND user_id = api.person_id();
    RETURN FOUND;
END
$$;
