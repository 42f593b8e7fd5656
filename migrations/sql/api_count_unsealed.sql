-- api.count_unsealed(uuid, integer)
-- How many rows of an organization's trail no seal covers yet, counted no further than so many.
CREATE FUNCTION api.count_unsealed(p_organization uuid, p_most integer) RETURNS integer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    PERFORM api.require_auditor(p_organization);
    RETURN (SELECT count(*) FROM (
        SELECT 1 FROM audit_logs l
         WHERE l.organization_id = p_organization AND l.id > coalesce(
               (SELECT s.through_id FROM audit_seals s WHERE s.organization_id = p_organization
                 ORDER BY s.number DESC LIMIT 1), '00000000-0000-0000-0000-000000000000')
         LIMIT p_most) unsealed);
END
$$;
