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
        CROSS JOIN LATERAL (SELECT api.rights(u.role, u.permissions) AS own) g
        WHERE u.id = p_user AND u.deactivated_at IS NULL AND u.deleted_at IS NULL
          AND g.own ->> 'users.invite' = 'organization'
          AND (g.own ->> 'users.edit' = 'organization' OR p_role IN ('member', 'viewer') AND p_permissions = '[]')
          AND api.covers(g.own, api.rights(p_role, p_permissions)))
$$;
