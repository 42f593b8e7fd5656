-- api.list_archives()
-- Every archive of the installation, for the command line: whose it is, how it stands, and by what its file is known.
CREATE FUNCTION api.list_archives()
RETURNS TABLE (archive_id uuid, organization_slug text, project_id uuid, project_name text, status text, failure text,
               asked_at timestamptz, made_at timestamptz, run_count integer, store text, file text, bytes bigint,
               sha256 text)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT a.id, o.slug, a.project_id, a.project_name, a.status, a.failure, a.asked_at, a.made_at,
           a.run_count, a.store, a.file, a.bytes, a.sha256
      FROM archives a JOIN organizations o ON o.id = a.organization_id
     ORDER BY a.asked_at DESC
$$;
