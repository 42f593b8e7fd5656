-- api.list_organizations()
-- What the installation's operator sees of the organizations, and nothing more of them than these columns: no settings,
-- nobody's name, no work. The sample workspace is none of them.
CREATE FUNCTION api.list_organizations()
RETURNS TABLE (id uuid, name text, slug text, tier text, quota_used integer, quota_limit integer,
               quota_resets_at timestamptz, status text, suspension_reason text, deletes_at timestamptz,
               created_at timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    PERFORM api.require_operator();
    RETURN QUERY
    SELECT o.id, o.name::text, o.slug::text, o.subscription_tier::text,
           CASE WHEN o.quota_resets_at <= now() THEN 0 ELSE o.api_quota_used END, o.api_quota_limit,
           o.quota_resets_at,
           CASE WHEN o.deleted_at IS NOT NULL THEN 'deleted' WHEN o.suspended_at IS NOT NULL THEN 'suspended'
                WHEN o.deletes_at IS NOT NULL THEN 'deleting' ELSE 'active' END,
           o.suspension_reason, o.deletes_at, o.created_at
      FROM organizations o WHERE o.sample_made_at IS NULL;
END
$$;
