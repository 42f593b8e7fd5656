-- api.expire_runs(uuid, timestamptz, integer)
-- Part of api.expire: removes runs that ended before that moment, about so many at once, for the retries of each go along.
-- Says how many rows of each kind went.
CREATE FUNCTION api.expire_runs(p_organization uuid, p_before timestamptz, p_most integer) RETURNS jsonb
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_runs uuid[];
BEGIN
    WITH RECURSIVE family AS (
        SELECT e.id FROM api.expired_runs(p_organization, p_before, p_most) e
        UNION
        SELECT c.id FROM family f
          JOIN orchestration_runs c ON c.organization_id = p_organization AND c.parent_run_id = f.id
    )
    SELECT coalesce(array_agg(f.id), '{}') INTO v_runs FROM family f;
    RETURN CASE WHEN v_runs <> '{}' THEN api.remove_runs(p_organization, v_runs, NULL) END;
END
$$;
