-- api.expired_seals(uuid, timestamptz, integer)
-- Seals of a trail whose entries are all from before that moment and are there, the oldest first: at least one, and no more
-- than have so many entries. None where a legal hold is open, be it of one project: the trail is about all of them.
CREATE FUNCTION api.expired_seals(p_organization uuid, p_before timestamptz, p_most integer)
RETURNS TABLE (number bigint, after_id uuid, through_id uuid, row_count bigint)
LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT f.number, f.after_id, f.through_id, f.row_count
      FROM (SELECT s.number, s.after_id, s.through_id, s.row_count,
                   sum(s.row_count) OVER (ORDER BY s.number) AS so_far
              FROM audit_seals s
             WHERE s.organization_id = p_organization AND s.removed_at IS NULL AND s.through_id < api.first_id(p_before)
               AND NOT EXISTS (SELECT 1 FROM legal_holds h
                                WHERE h.organization_id = p_organization AND h.released_at IS NULL)
             ORDER BY s.number) f
     WHERE f.so_far <= p_most OR f.so_far = f.row_count
     ORDER BY f.number
$$;
