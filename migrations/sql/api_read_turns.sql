-- api.read_turns(uuid)
-- How many runs of one's own organization hold a place, how many may, how many wait for one, and which of these the
-- given run is, counted from 1; NULL where it does not wait. Numbers only, of runs that not everybody may see. Pages ask
-- it again and again, so nobody counts further than a thousand: 1001 says that there are more.
CREATE FUNCTION api.read_turns(p_run uuid) RETURNS TABLE (admitted integer, most integer, waiting integer, place integer)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    c_most CONSTANT integer := 1000;
    v_organization uuid := api.organization_id();
    v_turn timestamp;
BEGIN
    most := api.most_runs(v_organization);
    IF most IS NULL THEN
        RETURN;
    END IF;
    SELECT count(*) INTO admitted FROM orchestration_runs
     WHERE organization_id = v_organization AND admitted_at IS NOT NULL;
    SELECT count(*) INTO waiting
      FROM (SELECT FROM orchestration_runs
             WHERE organization_id = v_organization AND status IN ('queued', 'running') AND admitted_at IS NULL
             LIMIT c_most + 1) line;
    SELECT (created_at AT TIME ZONE 'UTC')
           + interval '24 hours' * array_position(ARRAY['urgent', 'high', 'normal', 'low'], priority::text)
      INTO v_turn FROM orchestration_runs
     WHERE id = p_run AND organization_id = v_organization AND status IN ('queued', 'running') AND admitted_at IS NULL;
    IF FOUND THEN
        SELECT count(*) + 1 INTO place
          FROM (SELECT FROM orchestration_runs
                 WHERE organization_id = v_organization AND status IN ('queued', 'running') AND admitted_at IS NULL
                   AND ((created_at AT TIME ZONE 'UTC') + interval '24 hours'
                        * array_position(ARRAY['urgent', 'high', 'normal', 'low'], priority::text), id) < (v_turn, p_run)
                 LIMIT c_most) before;
    END IF;
    RETURN NEXT;
END
$$;
