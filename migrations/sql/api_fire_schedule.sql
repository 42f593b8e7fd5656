-- api.fire_schedule(uuid, timestamptz, timestamptz, uuid)
-- Part of a launch that a worker makes in the schedule's name, in its transaction: `next_run_at` moves from the time that
-- is launched to the next one, which is later, NULL where there is none, or the launch is undone with everything. So a
-- time is launched once, whoever else took it meanwhile, and a worker that is killed has moved nothing.
CREATE FUNCTION api.fire_schedule(p_schedule uuid, p_due timestamptz, p_next timestamptz, p_run uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF session_user <> 'orchestrator_worker' THEN
        RAISE EXCEPTION 'schedules are launched by workers' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF p_next <= p_due THEN
        RAISE EXCEPTION 'schedule % can not go on from % with %', p_schedule, p_due, p_next
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    UPDATE schedules
       SET next_run_at = p_next, is_active = p_next IS NOT NULL, claimed_until = NULL, last_run_id = p_run,
           last_result = 'launched', last_result_at = now(), last_message = NULL, refusals = 0
     WHERE id = p_schedule AND next_run_at = p_due AND is_active AND p_due <= now()
       AND organization_id = api.organization_id() AND user_id = api.person_id();
    IF NOT FOUND THEN
        RAISE EXCEPTION 'schedule % is not due at % any more', p_schedule, p_due USING ERRCODE = 'serialization_failure';
    END IF;
END
$$;
