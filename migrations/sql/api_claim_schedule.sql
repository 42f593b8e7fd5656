-- api.claim_schedule(integer)
-- Takes the schedule that is due first, for a number of seconds: whoever has not launched or settled it by then is taken
-- for dead, and it is due again. A claim only keeps two workers from doing the same; that a time is launched once is
-- seen to where `next_run_at` moves (api.fire_schedule). With it comes the database's time, by which alone the worker
-- counts, since when this very time waits for the run before, and who the person is at this moment: `is_there` is false
-- for one who is gone, `lacks_second_factor` true for one whose session would open nothing but the set-up of theirs.
-- Of an organization that is suspended or ended nothing is due; `catch_up` says what becomes of its times afterwards.
CREATE FUNCTION api.claim_schedule(p_seconds integer)
RETURNS TABLE (schedule_id uuid, organization_id uuid, due_at timestamptz, asked_at timestamptz, cron text,
               time_zone text, starts_at timestamptz, ends_at timestamptz, catch_up text, overlap text,
               waiting_since timestamptz, project_id uuid, template_id uuid, title text, topic text, inputs jsonb,
               model text, cost_limit_usd numeric, priority text, integration_enabled boolean, user_id uuid, role text,
               permissions jsonb, full_name text, email text, username text, organization_name text,
               organization_slug text, is_sample boolean, sees_own_only boolean, is_there boolean, lacks_second_factor boolean)
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    WITH taken AS (
        UPDATE schedules s SET claimed_until = now() + make_interval(secs => p_seconds)
         WHERE s.id = (
             SELECT due.id FROM schedules due JOIN organizations o ON o.id = due.organization_id
              WHERE due.is_active AND due.next_run_at <= now()
                AND (due.claimed_until IS NULL OR due.claimed_until <= now())
                AND o.deleted_at IS NULL AND o.suspended_at IS NULL
              ORDER BY due.next_run_at LIMIT 1 FOR UPDATE OF due SKIP LOCKED)
        RETURNING s.*
    )
    SELECT t.id, t.organization_id, t.next_run_at, now(), t.cron, t.time_zone, t.starts_at, t.ends_at, t.catch_up,
           t.overlap, CASE WHEN t.last_result = 'waiting' AND t.last_result_at >= t.next_run_at THEN t.last_result_at END,
           t.project_id, t.template_id, t.title, t.topic, t.inputs, t.model, t.cost_limit_usd, t.priority,
           t.integration_enabled, u.id, u.role, u.permissions, coalesce(u.full_name, u.username), u.email, u.username,
           o.name, o.slug, o.sample_made_at IS NOT NULL, api.is_own_only(u.role, o.settings),
           u.deactivated_at IS NULL AND u.deleted_at IS NULL,
           api.lacks_second_factor(u.id)
      FROM taken t
      JOIN users u ON u.id = t.user_id
      JOIN organizations o ON o.id = t.organization_id
$$;
