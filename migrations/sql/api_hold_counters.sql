-- api.hold_counters(uuid[])
-- Before many runs end in one transaction: their templates' figures and their projects, locked as whoever ends a single
-- run locks them, first the one kind, then the other, and each in the order of its ids. So no two wait for each other.
-- Returns how many projects they are; NULL where the organization has none of the runs, or the person ends none.
CREATE FUNCTION api.hold_counters(p_runs uuid[]) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_count integer;
BEGIN
    IF NOT api.may_own('orchestrations.cancel') THEN
        RETURN NULL;
    END IF;
    PERFORM 1 FROM template_statistics
      WHERE organization_id = api.organization_id() AND template_id IN (
            SELECT template_id FROM orchestration_runs WHERE id = ANY (p_runs))
      ORDER BY template_id FOR NO KEY UPDATE;
    PERFORM 1 FROM projects
      WHERE organization_id = api.organization_id() AND id IN (
            SELECT project_id FROM orchestration_runs WHERE id = ANY (p_runs))
      ORDER BY id FOR NO KEY UPDATE;
    GET DIAGNOSTICS v_count = ROW_COUNT;
    RETURN nullif(v_count, 0);
END
$$;
