-- api.report_frame(uuid, timestamp with time zone, timestamp with time zone)
-- What a compliance report begins with: the organization as it is now, where its trail begins, and whether with the
-- organization itself; of the seals over entries of that time how many there are, and number and hash of the first and last.
CREATE FUNCTION api.report_frame(p_organization uuid, p_since timestamptz, p_before timestamptz)
RETURNS TABLE (name text, slug text, tier text, settings jsonb, created_at timestamptz, begins_at timestamptz,
               is_whole boolean, seals bigint, first_number bigint, first_hash bytea, last_number bigint, last_hash bytea)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    PERFORM api.require_auditor(p_organization);
    RETURN QUERY
    WITH sealed AS (
        SELECT s.number, s.hash FROM audit_seals s
         WHERE s.organization_id = p_organization
           AND s.through_id >= api.first_id(p_since) AND s.after_id < api.first_id(p_before))
    SELECT o.name::text, o.slug::text, o.subscription_tier::text, o.settings, o.created_at,
           (SELECT l.created_at FROM audit_logs l WHERE l.organization_id = o.id ORDER BY l.created_at, l.id LIMIT 1),
           EXISTS (SELECT FROM audit_logs l WHERE l.organization_id = o.id AND l.action = 'organizations.create'),
           (SELECT count(*) FROM sealed),
           (SELECT v.number FROM sealed v ORDER BY v.number LIMIT 1),
           (SELECT v.hash FROM sealed v ORDER BY v.number LIMIT 1),
           (SELECT v.number FROM sealed v ORDER BY v.number DESC LIMIT 1),
           (SELECT v.hash FROM sealed v ORDER BY v.number DESC LIMIT 1)
      FROM organizations o WHERE o.id = p_organization;
END
$$;
