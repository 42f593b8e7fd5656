-- api.keep_seals()
-- A seal is made once: nobody changes or removes one, the owner of the table included.
CREATE FUNCTION api.keep_seals() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION 'audit_seals rows are never changed or removed' USING ERRCODE = 'insufficient_privilege';
END
$$;
