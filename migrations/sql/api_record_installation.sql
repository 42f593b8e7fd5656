-- api.record_installation(text, jsonb)
-- What was done to the whole installation by the command line, where no trigger sees it: in the trail of each organization that
-- somebody who runs the installation belongs to, as nobody's. For the owner of the tables, and for logins that read every row
-- whatever the policies say, as that of a backup does: to be let in as one that may read every table is not enough.
-- A backup that fails is tried every half hour: of one reason, but for its figures, a trail tells once a day.
CREATE FUNCTION api.record_installation(p_action text, p_values jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF NOT (SELECT r.rolsuper OR r.rolbypassrls OR pg_has_role(r.oid, current_user, 'USAGE')
              FROM pg_roles r WHERE r.rolname = session_user) THEN
        RAISE EXCEPTION '% does not read every row', session_user USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF octet_length(p_values::text) > 4000 THEN
        RAISE EXCEPTION 'what was done is told in 4,000 bytes' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF p_action <> ALL (ARRAY['installation.backup', 'installation.backup_failed', 'installation.remove_backups',
                              'installation.export_key', 'installation.restore'])
    THEN
        RAISE EXCEPTION '% is nothing that is done to an installation', p_action USING ERRCODE = 'insufficient_privilege';
    END IF;
    -- whoever calls this names nobody as the one who did it
    PERFORM set_config('request.jwt.claims', jsonb_build_object('user_agent', 'orchestrator ' || CASE p_action
                           WHEN 'installation.restore' THEN 'restore' ELSE 'backup' END)::text, true);
    PERFORM api.write_audit(o.id, p_action, 'installation', NULL, '{}', p_values)
       FROM organizations o
      WHERE o.sample_made_at IS NULL AND o.deleted_at IS NULL
        AND EXISTS (SELECT 1 FROM users u WHERE u.organization_id = o.id AND u.is_operator AND u.deleted_at IS NULL)
        AND NOT (p_action = 'installation.backup_failed' AND EXISTS (
            SELECT 1 FROM audit_logs a
             WHERE a.organization_id = o.id AND a.resource_type = 'installation' AND a.resource_id IS NULL
               AND a.created_at > now() - interval '24 hours' AND a.action = p_action
               AND regexp_replace(a.new_values::text, '[0-9]+', '', 'g')
                 = regexp_replace(p_values::text, '[0-9]+', '', 'g')));
END
$$;
