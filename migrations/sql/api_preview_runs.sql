-- api.preview_runs(uuid, timestamptz, integer)
-- Which runs api.expire_runs would remove, and which of that age it keeps; counted no further than so many.
CREATE FUNCTION api.preview_runs(p_organization uuid, p_before timestamptz, p_most integer) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp
AS $$
    WITH expired AS MATERIALIZED (
        SELECT e.*, row_number() OVER (ORDER BY e.ended_at, e.id) AS place
          FROM api.expired_runs(p_organization, p_before, p_most) e
    ), old AS (
        SELECT api.is_kept(p_organization, f.project_id) AS is_held
          FROM (SELECT r.project_id FROM orchestration_runs r
                 WHERE r.organization_id = p_organization AND r.status IN ('completed', 'failed', 'cancelled')
                   AND r.completed_at < p_before
                 ORDER BY r.completed_at LIMIT p_most) f
    )
    SELECT jsonb_build_object(
        'before', p_before, 'count', (SELECT count(*) FROM expired), 'oldest', (SELECT min(ended_at) FROM expired),
        'held', (SELECT count(*) FROM old WHERE is_held),
        'retried', greatest(0, (SELECT count(*) FROM old WHERE NOT is_held) - (SELECT count(*) FROM expired)),
        'examples', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                                'id', e.id, 'title', e.title, 'ended_at', e.ended_at) ORDER BY e.place), '[]')
                       FROM expired e WHERE e.place <= 10))
$$;
