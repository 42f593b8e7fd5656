-- api.tell_review()
-- Tells endpoints of an answer that waits for people, and of what they decided about it.
CREATE FUNCTION api.tell_review() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_type text := CASE WHEN TG_OP = 'INSERT' THEN 'review.requested' ELSE 'review.decided' END;
    v_phase phase_executions;
BEGIN
    IF api.is_listened(NEW.organization_id, ARRAY[v_type]) THEN
        SELECT * INTO STRICT v_phase FROM phase_executions WHERE id = NEW.phase_execution_id;
        PERFORM api.emit_event(NEW.organization_id, v_type, api.phase_card(v_phase) || jsonb_build_object(
            'review', jsonb_build_object(
                'id', NEW.id, 'required_approvals', NEW.required_approvals, 'due_at', NEW.due_at,
                'outcome', NEW.outcome, 'decided_at', NEW.decided_at,
                'words', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                              'reviewer', api.person_card(w.reviewer_id), 'decision', w.decision, 'said_at', w.said_at)
                              ORDER BY w.said_at), '[]')
                            FROM run_reviews w WHERE w.request_id = NEW.id))), NULL);
    END IF;
    RETURN NULL;
END
$$;
