-- api.read_retention()
-- What each organization keeps for how long, what was removed last, how many legal holds are open, and from which seal on its
-- trail stays because that one does not hold: for the operator. The sample workspace keeps everything.
CREATE FUNCTION api.read_retention()
RETURNS TABLE (organization_id uuid, name text, kind text, days integer, day date, before timestamptz, removed jsonb,
               ended_at timestamptz, failed_at timestamptz, failure text, holds bigint, broken_seal bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    PERFORM api.require_operator();
    RETURN QUERY
    SELECT o.id, o.name::text, k.kind, api.retention_days(o.settings, k.kind), p.day, p.before, p.removed,
           CASE WHEN p.before IS NOT NULL THEN p.ended_at END,
           p.failed_at, p.failure,
           (SELECT count(*) FROM legal_holds h WHERE h.organization_id = o.id AND h.released_at IS NULL),
           p.broken_seal
      FROM organizations o
     CROSS JOIN unnest(ARRAY['runs', 'usage', 'audit']) WITH ORDINALITY AS k(kind, place)
      LEFT JOIN retention_progress p ON p.organization_id = o.id AND p.kind = k.kind
     WHERE o.sample_made_at IS NULL
     ORDER BY o.name, o.id, k.place;
END
$$;
