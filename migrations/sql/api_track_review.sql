-- api.track_review()
-- An attempt that begins to wait for people asks them, by its policy; one that waits no more because its run has ended
-- asks nobody. Nobody writes these requests but this, api.decide_review and api.remind_reviews.
CREATE FUNCTION api.track_review() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF NEW.status = 'waiting_review' THEN
        INSERT INTO review_requests (organization_id, run_id, phase_execution_id, required_approvals, reviewers,
                                     instructions, due_at)
        VALUES (NEW.organization_id, NEW.run_id, NEW.id,
                coalesce((NEW.review_policy ->> 'required_approvals')::int, 1),
                ARRAY(SELECT jsonb_array_elements_text(coalesce(NEW.review_policy -> 'reviewers', '[]'))),
                coalesce(NEW.review_policy ->> 'instructions', ''),
                clock_timestamp() + make_interval(hours => (NEW.review_policy ->> 'due_hours')::int));
    ELSIF NEW.status IN ('cancelled', 'skipped') THEN
        UPDATE review_requests SET decided_at = clock_timestamp(), outcome = 'withdrawn'
         WHERE phase_execution_id = NEW.id AND decided_at IS NULL;
    END IF;
    RETURN NULL;
END
$$;
