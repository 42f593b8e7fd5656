-- api.raise_cost_limit(uuid, numeric, numeric)
-- Lets a run spend so many dollars more than it has, or than its limit where that is higher; without a limit from here on
-- where the amount is NULL. `p_seen` is the limit that the person looked at: where it is another one by now, somebody was
-- first, and nothing is raised once more. What counts as spent is what is known, and of what is not the most that it can
-- have been; where nobody knows even that, the run may spend so much more from here on, and what was spent by now is not
-- counted. One that lies still for its cost goes on in the same transaction. Returns how the run stood before; NULL where
-- there is none, 'changed' where somebody was first. One that has no limit, or has ended, stays as it is.
CREATE FUNCTION api.raise_cost_limit(p_run uuid, p_amount numeric, p_seen numeric) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_run orchestration_runs := api.hold_run(p_run);
    v_spent numeric;
    v_limit numeric;
BEGIN
    IF v_run.id IS NOT NULL AND NOT api.may_own('orchestrations.run') THEN
        RAISE EXCEPTION 'a cost limit is raised by who may launch' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF v_run.id IS NULL OR v_run.status IN ('completed', 'failed', 'cancelled') THEN
        RETURN v_run.status;
    END IF;
    IF v_run.cost_limit_usd IS DISTINCT FROM p_seen THEN
        RETURN 'changed';
    END IF;
    IF v_run.cost_limit_usd IS NULL THEN
        RETURN v_run.status;
    END IF;
    IF p_amount <= 0 THEN
        RAISE EXCEPTION 'a cost limit is raised, not lowered' USING ERRCODE = 'check_violation';
    END IF;
    v_spent := CASE WHEN v_run.cost_usd IS NULL THEN api.most_spent(v_run.id) ELSE v_run.cost_usd END;
    IF v_spent IS NULL AND p_amount IS NOT NULL THEN
        UPDATE orchestration_runs SET cost_accepted_at = clock_timestamp() WHERE id = v_run.id;
        v_limit := api.most_spent(v_run.id) + p_amount;
    ELSE
        v_limit := greatest(v_run.cost_limit_usd, v_spent) + p_amount;
    END IF;
    UPDATE orchestration_runs SET cost_limit_usd = v_limit WHERE id = v_run.id;
    PERFORM api.write_audit(
        p_organization => v_run.organization_id, p_action => 'orchestrations.raise_cost_limit',
        p_resource_type => 'orchestrations', p_resource_id => v_run.id,
        p_old => jsonb_build_object('cost_limit_usd', v_run.cost_limit_usd),
        p_new => jsonb_build_object('cost_limit_usd', v_limit));
    IF v_run.status = 'paused' AND v_run.error_details ->> 'kind' IN ('cost_limit', 'cost_bound', 'cost_unknown') THEN
        UPDATE orchestration_runs SET status = 'queued' WHERE id = v_run.id; -- admitted as it is: api.admit_next
    END IF;
    RETURN v_run.status;
END
$$;
