-- api.decide_review(uuid, text, text, text, text)
-- A person's word on an attempt that waits, under the run's lock: `p_decision` is approve, approve_with_edits (with
-- `p_response`), redo or reject (both with `p_comment`); `p_seen` is the SHA-256 of the answer that they looked at, and an
-- approval counts for the text that it was given to. Who has made that text and approves it once more says the same again.
-- Redo and reject are one person's to say. An approval is enough once there are as many as the gate asks for, one of them
-- of somebody else than the run's person. What comes of it is written here and nowhere else; a run that waits goes on in
-- the same transaction.
-- Returns {state, approvals, required}: 'not_found', 'decided' (with outcome and by), 'changed' (another text by now),
-- 'too_many' (sent back too often); or 'recorded' while others are to come, else 'approved', 'redone' or 'rejected'.
CREATE FUNCTION api.decide_review(p_request uuid, p_decision text, p_comment text, p_response text, p_seen text)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    c_most_redos CONSTANT integer := 20;
    v_person uuid := api.person_id();
    v_run orchestration_runs;
    v_phase phase_executions;
    v_request review_requests;
    v_edit run_reviews;
    v_decision text := p_decision;
    v_response text := p_response;
    v_stale uuid[];
    v_approvals integer;
    v_has_other boolean;
    v_outcome text;
BEGIN
    -- the run first, as everybody who changes it; what others did meanwhile is read once it is locked
    SELECT r.* INTO v_run FROM orchestration_runs r JOIN review_requests q ON q.run_id = r.id
     WHERE q.id = p_request AND r.organization_id = api.organization_id() AND (api.sees_all() OR r.user_id = v_person)
       FOR NO KEY UPDATE OF r;
    IF NOT FOUND THEN
        RETURN jsonb_build_object('state', 'not_found');
    END IF;
    SELECT * INTO STRICT v_request FROM review_requests WHERE id = p_request;
    SELECT * INTO STRICT v_phase FROM phase_executions WHERE id = v_request.phase_execution_id;
    IF NOT api.may('orchestrations.review') OR NOT api.is_reviewer(
        v_request.reviewers, v_request.escalated_at, (SELECT role FROM users WHERE id = v_person), v_person) THEN
        RAISE EXCEPTION 'review % is not this person''s', p_request USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF v_request.decided_at IS NOT NULL OR v_phase.status <> 'waiting_review' THEN
        RETURN jsonb_build_object('state', 'decided', 'outcome', v_request.outcome, 'by', (
            SELECT coalesce(u.full_name, u.username) FROM run_reviews w JOIN users u ON u.id = w.reviewer_id
             WHERE w.request_id = p_request ORDER BY w.said_at DESC LIMIT 1));
    END IF;
    SELECT * INTO v_edit FROM run_reviews
     WHERE request_id = p_request AND decision = 'approve_with_edits' ORDER BY said_at DESC LIMIT 1;
    IF p_seen IS DISTINCT FROM coalesce(v_edit.answer_digest, api.digest_of(v_phase.response_text)) THEN
        RETURN jsonb_build_object('state', 'changed');
    END IF;
    IF p_decision = 'redo' AND c_most_redos <= (
        SELECT count(*) FROM phase_executions
         WHERE run_id = v_run.id AND phase_code = v_phase.phase_code AND redo_comment IS NOT NULL) THEN
        RETURN jsonb_build_object('state', 'too_many');
    END IF;
    IF p_decision = 'approve' AND p_response IS NULL AND v_edit.reviewer_id = v_person THEN
        v_decision := v_edit.decision;
        v_response := v_edit.edited_response;
    END IF;
    v_stale := ARRAY(SELECT reviewer_id FROM api.counting_approvals(p_request) WHERE reviewer_id <> v_person);
    INSERT INTO run_reviews AS w (organization_id, request_id, run_id, reviewer_id, decision, comment, edited_response,
                                  answer_digest, said_at)
    VALUES (v_run.organization_id, p_request, v_run.id, v_person, v_decision, p_comment, v_response,
            -- after the newest word in any case: the newest edit is the text, whatever the clock was set to
            coalesce(api.digest_of(v_response), p_seen), greatest(clock_timestamp(), (
                SELECT max(said_at) + interval '1 microsecond' FROM run_reviews WHERE request_id = p_request)))
    ON CONFLICT (request_id, reviewer_id) DO UPDATE
       SET decision = excluded.decision, comment = excluded.comment, edited_response = excluded.edited_response,
           answer_digest = excluded.answer_digest, said_at = excluded.said_at;
    SELECT count(*), bool_or(reviewer_id <> v_run.user_id) INTO v_approvals, v_has_other
      FROM api.counting_approvals(p_request);
    v_outcome := CASE WHEN p_decision = 'redo' THEN 'redone'
                      WHEN p_decision = 'reject' THEN 'rejected'
                      WHEN v_approvals >= v_request.required_approvals AND v_has_other THEN 'approved' END;
    IF v_outcome IS NOT NULL THEN
        UPDATE review_requests SET decided_at = clock_timestamp(), outcome = v_outcome WHERE id = p_request;
        PERFORM api.end_review(v_run, v_phase, v_outcome, p_comment, api.edited_answer(p_request));
    ELSE
        v_stale := ARRAY(SELECT unnest(v_stale) EXCEPT SELECT reviewer_id FROM api.counting_approvals(p_request));
        PERFORM api.mail_reviewers(p_request, 'review_requested', v_stale);
    END IF;
    RETURN jsonb_build_object('state', coalesce(v_outcome, 'recorded'), 'approvals', v_approvals,
                              'required', v_request.required_approvals);
END
$$;
