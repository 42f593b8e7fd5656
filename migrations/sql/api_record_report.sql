-- api.record_report(uuid, jsonb)
-- Writes to an organization's trail that somebody took a compliance report along: who reads the trail, or the command
-- line, which is nobody there.
CREATE FUNCTION api.record_report(p_organization uuid, p_values jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    PERFORM api.require_auditor(p_organization);
    PERFORM api.write_audit(p_organization, 'compliance_reports.export', 'compliance_reports', NULL, '{}', p_values);
END
$$;
