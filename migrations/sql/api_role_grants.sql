-- api.role_grants(text)
-- What a role may do: permission -> 'organization' or 'own'. The truth is lib/access/permissions.py; a test compares.
-- No search_path of its own: with one, PostgreSQL would not put its body into the statement that asks.
CREATE FUNCTION api.role_grants(p_role text) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT CASE p_role
        WHEN 'viewer' THEN '{
            "organization.view": "organization", "projects.view": "organization",
            "orchestrations.view": "organization", "templates.view": "organization"}'::jsonb
        WHEN 'member' THEN '{
            "organization.view": "organization", "projects.view": "organization",
            "orchestrations.view": "organization", "templates.view": "organization",
            "projects.create": "organization", "orchestrations.run": "organization",
            "orchestrations.review": "organization", "templates.create": "organization",
            "projects.edit": "own", "projects.archive": "own",
            "orchestrations.cancel": "own", "templates.edit": "own"}'::jsonb
        WHEN 'manager' THEN '{
            "organization.view": "organization", "projects.view": "organization",
            "orchestrations.view": "organization", "templates.view": "organization",
            "projects.create": "organization", "orchestrations.run": "organization",
            "orchestrations.review": "organization", "templates.create": "organization",
            "projects.edit": "organization", "projects.archive": "organization",
            "orchestrations.cancel": "organization", "templates.edit": "organization",
            "templates.publish": "organization", "users.view": "organization", "users.invite": "organization",
            "analytics.view": "organization", "budgets.manage": "organization",
            "webhooks.view": "organization", "connections.view": "organization"}'::jsonb
        WHEN 'admin' THEN '{
            "organization.view": "organization", "organization.edit": "organization",
            "users.view": "organization", "users.invite": "organization",
            "users.edit": "organization", "users.deactivate": "organization",
            "projects.view": "organization", "projects.create": "organization",
            "projects.edit": "organization", "projects.archive": "organization",
            "orchestrations.view": "organization", "orchestrations.run": "organization",
            "orchestrations.cancel": "organization", "orchestrations.review": "organization",
            "templates.view": "organization", "templates.create": "organization",
            "templates.edit": "organization", "templates.publish": "organization",
            "webhooks.view": "organization", "webhooks.manage": "organization",
            "connections.view": "organization", "connections.manage": "organization",
            "analytics.view": "organization", "budgets.manage": "organization",
            "audit.view": "organization", "audit.export": "organization"}'::jsonb
        ELSE '{}'::jsonb
    END
$$;
