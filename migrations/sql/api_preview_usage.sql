-- api.preview_usage(uuid, timestamptz, integer)
-- Which calls api.expire_usage would remove, and how many of that age a hold keeps; counted no further than so many.
CREATE FUNCTION api.preview_usage(p_organization uuid, p_before timestamptz, p_most integer) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp
AS $$
    WITH old AS MATERIALIZED (
        SELECT f.created_at, api.is_kept(p_organization, f.project_id) AS is_held
          FROM (SELECT u.created_at, u.project_id FROM api_usage u
                 WHERE u.organization_id = p_organization AND u.created_at < p_before
                 ORDER BY u.created_at LIMIT p_most) f
    )
    SELECT jsonb_build_object(
        'before', p_before, 'count', count(*) FILTER (WHERE NOT is_held),
        'oldest', min(created_at) FILTER (WHERE NOT is_held), 'held', count(*) FILTER (WHERE is_held))
      FROM old
$$;
