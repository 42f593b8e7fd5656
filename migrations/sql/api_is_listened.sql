-- api.is_listened(uuid, text[])
-- Whether an endpoint of the organization wants one of these events. None of the sample workspace's is ever called.
CREATE FUNCTION api.is_listened(p_organization uuid, p_types text[]) RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT EXISTS (SELECT 1 FROM webhooks w WHERE w.organization_id = p_organization AND w.events && p_types)
       AND NOT EXISTS (SELECT 1 FROM organizations o WHERE o.id = p_organization AND o.sample_made_at IS NOT NULL)
$$;
