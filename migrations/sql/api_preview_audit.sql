-- api.preview_audit(uuid, timestamptz, integer)
-- Which stretches of the trail api.expire_audit would remove, one day's batches together, and how many entries of that age stay:
-- because of a hold, or from a seal on that does not hold. All of them are counted, for seals say how many they have; to find
-- out whether they hold, no more than some 20,000 entries are read, and the rest as it is removed.
CREATE FUNCTION api.preview_audit(p_organization uuid, p_before timestamptz, p_most integer) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp
AS $$
    WITH due AS MATERIALIZED (
        SELECT e.*, sum(e.row_count) OVER (ORDER BY e.number) - e.row_count AS so_far
          FROM api.expired_seals(p_organization, p_before, 2147483647) e
    ), broken AS MATERIALIZED (
        SELECT api.first_broken_seal(p_organization, min(d.number), max(d.number) FILTER (WHERE d.so_far < 20000)) AS number
          FROM due d
    ), expired AS MATERIALIZED (
        SELECT d.*, row_number() OVER (ORDER BY d.number) AS place
          FROM due d CROSS JOIN broken b WHERE b.number IS NULL OR d.number < b.number
    ), held AS (
        SELECT coalesce(sum(s.row_count), 0) AS entries FROM audit_seals s
         WHERE s.organization_id = p_organization AND s.removed_at IS NULL AND s.through_id < api.first_id(p_before)
           AND NOT EXISTS (SELECT 1 FROM due)
    )
    SELECT jsonb_build_object(
        'before', p_before, 'count', coalesce(sum(e.row_count), 0), 'seals', count(*),
        'oldest', (SELECT min(l.created_at) FROM audit_logs l WHERE l.organization_id = p_organization AND l.id <= (
                       SELECT x.through_id FROM expired x WHERE x.place = 1)),
        'held', (SELECT h.entries FROM held h),
        'broken_seal', (SELECT b.number FROM broken b),
        'stopped', (SELECT coalesce(sum(d.row_count), 0) FROM due d CROSS JOIN broken b WHERE d.number >= b.number),
        'examples', coalesce(jsonb_agg(jsonb_build_object(
                        'number', e.number, 'after_id', e.after_id, 'through_id', e.through_id, 'entries', e.row_count)
                        ORDER BY e.place) FILTER (WHERE e.place <= 10), '[]'))
      FROM expired e
$$;
