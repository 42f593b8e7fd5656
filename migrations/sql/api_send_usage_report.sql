-- api.send_usage_report(uuid, date, timestamptz, jsonb)
-- A worker writes the mail with the figures of a period that has ended, as the person whose report it is and to nobody
-- else, and moves the report on in the same transaction. A period is told once: whoever comes second, or late, finds
-- that it was told up to this day. Says whether it wrote; the sample workspace gets no mail.
CREATE FUNCTION api.send_usage_report(p_report uuid, p_until date, p_next timestamptz, p_values jsonb) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF session_user <> 'orchestrator_worker' OR NOT api.may('analytics.view') THEN
        RAISE EXCEPTION 'usage is not to be sent' USING ERRCODE = 'insufficient_privilege';
    END IF;
    UPDATE usage_reports SET told_until = p_until, next_at = p_next, claimed_until = NULL
     WHERE id = p_report AND told_until < p_until AND p_next > now()
       AND organization_id = api.organization_id() AND user_id = api.person_id();
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    INSERT INTO mail_outbox (kind, recipient, organization_id, "values")
    SELECT 'usage_report', u.email, o.id, p_values
      FROM users u JOIN organizations o ON o.id = u.organization_id
     WHERE u.id = api.person_id() AND o.sample_made_at IS NULL;
    PERFORM pg_notify('orchestrator_mail', '');
    RETURN true;
END
$$;
