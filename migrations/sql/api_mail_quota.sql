-- api.mail_quota(organizations, integer)
-- Part of api.tell_quota: a mail to each of those who govern the organization, and to the installation's operators, who
-- can raise its quota, unless they want none. Of a month that ends then it holds the calls used and those allowed.
CREATE FUNCTION api.mail_quota(p_organization public.organizations, p_percent integer) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    INSERT INTO mail_outbox (kind, recipient, organization_id, "values")
    SELECT CASE WHEN u.is_operator THEN 'operated_quota_threshold' ELSE 'quota_threshold' END, u.email,
           p_organization.id, jsonb_strip_nulls(jsonb_build_object(
               'name', coalesce(u.full_name, u.username), 'organization', p_organization.name,
               'percent', p_percent::text, 'used', to_char(p_organization.api_quota_used, 'FM9,999,999,990'),
               'limit', to_char(p_organization.api_quota_limit, 'FM9,999,999,990'),
               'due', to_char(p_organization.quota_resets_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"+00:00"'),
               'time_zone', u.preferences ->> 'time_zone'))
      FROM users u JOIN organizations o ON o.id = u.organization_id
     WHERE p_organization.sample_made_at IS NULL AND o.sample_made_at IS NULL
       AND u.deactivated_at IS NULL AND u.deleted_at IS NULL AND o.deleted_at IS NULL AND o.suspended_at IS NULL
       AND (u.is_operator OR o.id = p_organization.id AND api.rights(u.role, u.permissions) ? 'organization.edit')
       AND coalesce(u.preferences #>> '{notifications,quota_reached}', 'true') <> 'false'
     ORDER BY u.id LIMIT 500;
    IF FOUND THEN
        PERFORM pg_notify('orchestrator_mail', '');
    END IF;
END
$$;
