-- api.claim_usage_report(integer)
-- Takes the usage report that is due first, for a number of seconds: whoever has not sent or settled it by then is taken
-- for dead, and it is due again. A claim only keeps two workers from adding up the same; that a period is told once is seen
-- to where `told_until` moves (api.send_usage_report). With it comes who the person is at this moment, as
-- api.claim_schedule has it, and the zone in which they live now.
-- Of an organization that is suspended or ended nothing is due.
CREATE FUNCTION api.claim_usage_report(p_seconds integer)
RETURNS TABLE (report_id uuid, organization_id uuid, rhythm text, query text, due_at timestamptz, told_until date,
               asked_at timestamptz, user_id uuid, role text, permissions jsonb, full_name text, email text,
               username text, time_zone text, organization_name text, organization_slug text, is_sample boolean,
               sees_own_only boolean, is_there boolean, lacks_second_factor boolean)
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    WITH taken AS (
        UPDATE usage_reports r SET claimed_until = now() + make_interval(secs => p_seconds)
         WHERE r.id = (
             SELECT due.id FROM usage_reports due JOIN organizations o ON o.id = due.organization_id
              WHERE due.next_at <= now() AND (due.claimed_until IS NULL OR due.claimed_until <= now())
                AND o.deleted_at IS NULL AND o.suspended_at IS NULL
              ORDER BY due.next_at LIMIT 1 FOR UPDATE OF due SKIP LOCKED)
        RETURNING r.*
    )
    SELECT t.id, t.organization_id, t.rhythm, t.query, t.next_at, t.told_until, now(), u.id, u.role, u.permissions,
           coalesce(u.full_name, u.username), u.email, u.username, coalesce(u.preferences ->> 'time_zone', 'UTC'),
           o.name, o.slug, o.sample_made_at IS NOT NULL, api.is_own_only(u.role, o.settings),
           u.deactivated_at IS NULL AND u.deleted_at IS NULL, api.lacks_second_factor(u.id)
      FROM taken t
      JOIN users u ON u.id = t.user_id
      JOIN organizations o ON o.id = t.organization_id
$$;
