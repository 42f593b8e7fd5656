-- api.expired_runs(uuid, timestamptz, integer)
-- Runs of an organization that ended before that moment, the oldest first, at most so many: those that no legal hold keeps,
-- and no retry that stays, for it has taken over from them.
CREATE FUNCTION api.expired_runs(p_organization uuid, p_before timestamptz, p_most integer)
RETURNS TABLE (id uuid, project_id uuid, title text, ended_at timestamptz)
LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT r.id, r.project_id, coalesce(r.title, left(r.topic, 255)), r.completed_at
      FROM orchestration_runs r
     WHERE r.organization_id = p_organization AND r.status IN ('completed', 'failed', 'cancelled')
       AND r.completed_at < p_before AND NOT api.is_kept(p_organization, r.project_id)
       AND NOT EXISTS (
           WITH RECURSIVE retries AS (
               SELECT c.* FROM orchestration_runs c
                WHERE c.organization_id = p_organization AND c.parent_run_id = r.id
                UNION ALL
               SELECT c.* FROM retries t
                 JOIN orchestration_runs c ON c.organization_id = p_organization AND c.parent_run_id = t.id
           )
           SELECT 1 FROM retries t
            WHERE t.status NOT IN ('completed', 'failed', 'cancelled') OR t.completed_at >= p_before
               OR api.is_kept(p_organization, t.project_id))
     ORDER BY r.completed_at, r.id
     LIMIT p_most
$$;
