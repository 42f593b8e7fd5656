-- api.take_quota(uuid, integer)
-- Reserve up to so many calls of the organization's quota and return how many were granted: exact under concurrency,
-- because the row is locked between reading and writing. A period that is over starts anew; a NULL limit has no end. An
-- organization that is suspended or deleted gets none.
CREATE FUNCTION api.take_quota(p_organization uuid, p_calls integer) RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_limit integer;
    v_used integer;
    v_over boolean;
    v_granted integer;
BEGIN
    SELECT CASE WHEN suspended_at IS NULL AND deleted_at IS NULL THEN api_quota_limit ELSE 0 END,
           CASE WHEN quota_resets_at <= now() THEN 0 ELSE api_quota_used END, quota_resets_at <= now()
      INTO STRICT v_limit, v_used, v_over
      FROM organizations WHERE id = p_organization FOR NO KEY UPDATE;
    v_granted := CASE WHEN v_limit IS NULL THEN p_calls ELSE least(p_calls, greatest(v_limit - v_used, 0)) END;
    UPDATE organizations
       SET api_quota_used = v_used + v_granted,
           quota_resets_at = CASE WHEN v_over THEN api.next_month() ELSE quota_resets_at END
     WHERE id = p_organization AND (v_granted > 0 OR v_over);
    RETURN v_granted;
END
$$;
