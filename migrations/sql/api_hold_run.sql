-- api.hold_run(uuid)
-- Part of what steers a run: the run, locked, if it is one that the person who asks sees; none otherwise. Refuses who may
-- not steer it (orchestrations.cancel, for the rows that it reaches).
CREATE FUNCTION api.hold_run(p_run uuid) RETURNS public.orchestration_runs
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_run orchestration_runs;
BEGIN
    SELECT * INTO v_run FROM orchestration_runs r
     WHERE r.id = p_run AND r.organization_id = api.organization_id()
       AND (api.sees_all() OR r.user_id = api.person_id())
       FOR NO KEY UPDATE;
    IF FOUND AND NOT (api.may('orchestrations.cancel')
                      OR v_run.user_id = api.person_id() AND api.may_own('orchestrations.cancel')) THEN
        RAISE EXCEPTION 'run % is not this person''s to steer', p_run USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN v_run;
END
$$;
