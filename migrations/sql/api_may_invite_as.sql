-- api.may_invite_as(uuid, text, jsonb)
-- Whether that person may invite somebody to that role with those permissions: they hold users.invite; beyond members
-- and viewers, and for permissions beside the role, users.edit too; and they give nobody more than they have.
CREATE FUNCTION api.may_invite_as(p_user uuid, p_role text, p_permissions jsonb) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT EXISTS (
        SELECT 1
        FROM users u
        JOIN organizations o ON o.id = u.organization_id
        CROSS JOIN LATERAL (
            SELECT api.role_grants(u.role) || coalesce(jsonb_object_agg(p, 'organization'), '{}') AS own
              FROM jsonb_array_elements_text(u.permissions) AS p
        ) g
        WHERE u.id = p_user AND u.deactivated_at IS NULL AND u.deleted_at IS NULL AND o.deleted_at IS NULL
          AND g.own ->> 'users.invite' = 'organization'
          AND (g.own ->> 'users.edit' = 'organization' OR p_role IN ('member', 'viewer') AND p_permissions = '[]')
          AND NOT EXISTS (
              SELECT 1
              FROM (SELECT r.key, r.value FROM jsonb_each_text(api.role_grants(p_role)) r
                    UNION ALL
                    SELECT p, 'organization' FROM jsonb_array_elements_text(p_permissions) p) given (permission, reach)
              WHERE NOT g.own ? given.permission
                 OR given.reach = 'organization' AND g.own ->> given.permission <> 'organization'))
$$;
