-- api.audit_run()
-- A run changes with every phase; only its launch, its fork, the wishes to cancel or pause it, its pauses and its end are
-- events. What changes its cost limit says so itself.
CREATE FUNCTION api.audit_run() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_action text;
    v_old jsonb := '{}';
    v_new jsonb;
BEGIN
    IF TG_OP = 'INSERT' THEN
        v_action := CASE WHEN NEW.parent_run_id IS NULL THEN 'orchestrations.launch' ELSE 'orchestrations.fork' END;
        v_new := jsonb_strip_nulls(jsonb_build_object(
            'project_id', NEW.project_id, 'topic', NEW.topic, 'template_id', NEW.template_id,
            'template_version', NEW.template_version, 'model', NEW.model, 'total_phases', NEW.total_phases,
            'cost_limit_usd', NEW.cost_limit_usd,
            'parent_run_id', NEW.parent_run_id, 'forked_from_phase', NEW.forked_from_phase,
            'schedule_id', NEW.schedule_id));
    ELSIF NEW.status IS DISTINCT FROM OLD.status AND NEW.status IN ('completed', 'failed', 'cancelled', 'paused') THEN
        v_action := CASE WHEN NEW.status = 'paused' THEN 'orchestrations.pause' ELSE 'orchestrations.end' END;
        v_old := jsonb_build_object('status', OLD.status);
        v_new := jsonb_strip_nulls(jsonb_build_object(
            'status', NEW.status, 'success_rate', NEW.success_rate, 'cost_usd', NEW.cost_usd,
            'total_tokens', NEW.total_tokens, 'error_kind', NEW.error_details ->> 'kind'));
    ELSIF NEW.status = 'queued' AND OLD.status = 'paused' THEN
        v_action := 'orchestrations.resume';
        v_old := jsonb_build_object('status', OLD.status);
        v_new := jsonb_build_object('status', NEW.status);
    ELSIF NEW.cancel_requested_at IS NOT NULL AND OLD.cancel_requested_at IS NULL THEN
        v_action := 'orchestrations.cancel';
        v_new := jsonb_build_object('cancel_requested_at', NEW.cancel_requested_at);
    ELSIF NEW.pause_requested_at IS NOT NULL AND OLD.pause_requested_at IS NULL THEN
        v_action := 'orchestrations.ask_to_pause';
        v_new := jsonb_build_object('pause_requested_at', NEW.pause_requested_at);
    ELSIF NEW.pause_requested_at IS NULL AND OLD.pause_requested_at IS NOT NULL THEN
        v_action := 'orchestrations.resume'; -- before it lay still
        v_old := jsonb_build_object('pause_requested_at', OLD.pause_requested_at);
        v_new := '{}';
    ELSE
        RETURN NULL;
    END IF;
    PERFORM api.write_audit(
        p_organization => NEW.organization_id, p_action => v_action, p_resource_type => 'orchestrations',
        p_resource_id => NEW.id, p_old => v_old, p_new => v_new);
    RETURN NULL;
END
$$;
