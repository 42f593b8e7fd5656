-- api.expire_now(uuid, text, integer)
-- The same for one organization at once, whatever was done today; for the command line.
CREATE FUNCTION api.expire_now(p_organization uuid, p_kind text, p_most integer) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    PERFORM api.require_operator();
    IF p_kind <> ALL (ARRAY['runs', 'usage', 'audit']) THEN
        RAISE EXCEPTION 'nothing of the kind % is removed', p_kind USING ERRCODE = 'check_violation';
    END IF;
    RETURN api.expire(p_organization, p_kind, p_most);
END
$$;
