-- api.admit_next()
-- Trigger, at the end of the transaction: a run has given up its place, another one comes first now, or the organization
-- may run more. At the end, so that the organization's row is locked after everything else and held for the commit only.
CREATE FUNCTION api.admit_next() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF TG_TABLE_NAME = 'organizations' THEN
        PERFORM api.admit_runs(NEW.id);
    ELSE
        PERFORM api.admit_runs(NEW.organization_id);
    END IF;
    RETURN NULL;
END
$$;
