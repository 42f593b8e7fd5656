-- api.most_spent(uuid)
-- What a run of unknown cost counts as against its limit: what is known, and of every attempt whose cost nobody knows the
-- most that it can have been (`cost_bound_usd`, worked out when it began). NULL where one of them has no bound, but for
-- those that had begun when somebody let the run go on all the same (`cost_accepted_at`): they are not counted.
CREATE FUNCTION api.most_spent(p_run uuid) RETURNS numeric
LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT CASE WHEN bool_and(counted IS NOT NULL) THEN sum(counted) END
      FROM (SELECT CASE WHEN p.cost_usd IS NULL AND p.cost_bound_usd IS NULL AND p.started_at <= r.cost_accepted_at
                        THEN 0 ELSE coalesce(p.cost_usd, p.cost_bound_usd) END AS counted
              FROM phase_executions p JOIN orchestration_runs r ON r.id = p.run_id
             WHERE p.run_id = p_run AND p.started_at IS NOT NULL AND p.status <> 'running') attempts
$$;
