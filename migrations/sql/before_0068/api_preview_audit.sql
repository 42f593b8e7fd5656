-- api.preview_audit(uuid, timestamptz, integer)
-- Which stretches of the trail api.expire_audit would remove, and how many entries of that age a hold keeps; counted no further
-- than so many.
CREATE FUNCTION api.preview_audit(p_organization uuid, p_before timestamptz, p_most integer) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp
AS $$
    WITH expired AS MATERIALIZED (
        SELECT e.*, row_number() OVER (ORDER BY e.number) AS place FROM api.expired_seals(p_organization, p_before, p_most) e
    ), held AS (
        SELECT coalesce(sum(s.row_count), 0) AS entries FROM audit_seals s
         WHERE s.organization_id = p_organization AND s.removed_at IS NULL AND s.through_id < api.first_id(p_before)
           AND NOT EXISTS (SELECT 1 FROM expired)
    )
    SELECT jsonb_build_object(
        'before', p_before, 'count', coalesce(sum(e.row_count), 0), 'seals', count(*),
        'oldest', (SELECT min(l.created_at) FROM audit_logs l WHERE l.organization_id = p_organization AND l.id <= (
                       SELECT x.through_id FROM expired x WHERE x.place = 1)),
        'held', least(p_most, (SELECT h.entries FROM held h)),
        'examples', coalesce(jsonb_agg(jsonb_build_object(
                        'number', e.number, 'after_id', e.after_id, 'through_id', e.through_id, 'entries', e.row_count)
                        ORDER BY e.place) FILTER (WHERE e.place <= 10), '[]'))
      FROM expired e
$$;
