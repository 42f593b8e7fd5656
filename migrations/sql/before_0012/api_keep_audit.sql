-- api.keep_audit()
-- The trail is written once: nobody changes or removes a row, the owner of the table included.
CREATE FUNCTION api.keep_audit() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION 'audit_logs rows are never changed or removed' USING ERRCODE = 'insufficient_privilege';
END
$$;
