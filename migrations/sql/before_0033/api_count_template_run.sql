-- api.count_template_run()
-- Counts a run for its template and organization: as it is launched, and as it ends. Rows are added up in the
-- transaction that they tell of, so they are exact whatever runs side by side. Nothing else counts a launch of a template
-- (usage_count, of all organizations), and a retry is none. What a run took counts where it walked every phase itself: a
-- retry takes phases over, and would make the template look cheaper and quicker than it is.
CREATE FUNCTION api.count_template_run() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_launched integer := (TG_OP = 'INSERT')::integer;
    v_completed integer := (NEW.status = 'completed')::integer;
    v_failed integer := (NEW.status = 'failed')::integer;
    v_whole integer := (NEW.status = 'completed' AND NEW.parent_run_id IS NULL)::integer;
BEGIN
    INSERT INTO template_statistics AS s
           (organization_id, template_id, runs, completed, failed, whole, known_costs, cost_usd, time_ms, last_run_at)
    VALUES (NEW.organization_id, NEW.template_id, v_launched, v_completed, v_failed, v_whole,
            v_whole * (NEW.cost_usd IS NOT NULL)::integer, v_whole * coalesce(NEW.cost_usd, 0),
            v_whole * coalesce(NEW.execution_time_ms, 0), NEW.created_at)
    ON CONFLICT (organization_id, template_id) DO UPDATE SET
        runs = s.runs + excluded.runs,
        completed = s.completed + excluded.completed,
        failed = s.failed + excluded.failed,
        whole = s.whole + excluded.whole,
        known_costs = s.known_costs + excluded.known_costs,
        cost_usd = s.cost_usd + excluded.cost_usd,
        time_ms = s.time_ms + excluded.time_ms,
        last_run_at = greatest(s.last_run_at, excluded.last_run_at);
    IF v_launched = 1 AND NEW.parent_run_id IS NULL THEN
        UPDATE orchestration_templates SET usage_count = usage_count + 1 WHERE id = NEW.template_id;
    END IF;
    RETURN NULL;
END
$$;
