-- api.settle_schedule(uuid, timestamptz, timestamptz, text, text, boolean, integer)
-- What became of a time at which nothing was launched, if nobody else has settled it meanwhile; says whether it did.
-- 'skipped' and 'missed' go on with the next time, which is later; 'waiting' stays due, since when it waits, and is looked
-- at again in a number of seconds.
-- 'refused' may count: the third in a row stops the schedule, and its person is told by mail, unless they can't sign in
-- any more or are of the sample workspace. What changes is in the trail as the person's, marked as engine/schedule.
CREATE FUNCTION api.settle_schedule(
    p_schedule uuid, p_due timestamptz, p_next timestamptz, p_result text, p_message text, p_counts boolean,
    p_again_seconds integer
) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    c_most CONSTANT integer := 3;
    v schedules%ROWTYPE;
BEGIN
    SELECT * INTO v FROM schedules WHERE id = p_schedule AND next_run_at = p_due AND is_active FOR UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM set_config('request.jwt.claims', jsonb_build_object(
        'sub', v.user_id, 'organization', v.organization_id, 'user_agent', 'engine/schedule')::text, true);
    IF (p_result = 'waiting') <> (p_next IS NOT DISTINCT FROM p_due) OR p_next < p_due THEN
        RAISE EXCEPTION 'schedule % can not go on from % with %', p_schedule, p_due, p_next
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    v.refusals := CASE WHEN p_result <> 'refused' THEN v.refusals WHEN p_counts THEN v.refusals + 1 ELSE v.refusals END;
    UPDATE schedules
       SET next_run_at = p_next, is_active = p_next IS NOT NULL AND v.refusals < c_most,
           claimed_until = now() + make_interval(secs => p_again_seconds),
           last_result = p_result,
           last_result_at = CASE WHEN p_result = 'waiting' AND v.last_result = 'waiting' AND v.last_result_at >= p_due
                                 THEN v.last_result_at ELSE now() END,
           last_message = p_message, refusals = v.refusals,
           stopped_at = CASE WHEN v.refusals >= c_most THEN now() END
     WHERE id = p_schedule;
    IF v.refusals >= c_most THEN
        INSERT INTO mail_outbox (kind, recipient, organization_id, "values")
        SELECT 'schedule_stopped_notice', u.email, o.id, jsonb_build_object(
                   'name', coalesce(u.full_name, u.username), 'schedule', v.title, 'reason', p_message)
          FROM users u JOIN organizations o ON o.id = u.organization_id
         WHERE u.id = v.user_id AND u.deactivated_at IS NULL AND u.deleted_at IS NULL AND o.sample_made_at IS NULL;
        PERFORM pg_notify('orchestrator_mail', '');
    END IF;
    RETURN true;
END
$$;
