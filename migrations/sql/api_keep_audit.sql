-- api.keep_audit()
-- The trail is written once: nobody changes or removes a row, the owner of the table included. That of a sample
-- workspace is made up, and goes in the transaction that removes the workspace (api.remove_sample). What is under a whole
-- seal goes in the transaction that marks the seal (api.expire_audit), which api.keep_seals allows to retention alone.
CREATE FUNCTION api.keep_audit() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF TG_OP = 'DELETE' AND (EXISTS (
        SELECT 1 FROM audit_seals s
         WHERE s.organization_id = OLD.organization_id AND s.removed_at = transaction_timestamp()
           AND OLD.id > s.after_id AND OLD.id <= s.through_id)
        OR EXISTS (
        SELECT 1 FROM organizations o
         WHERE o.id = OLD.organization_id AND o.sample_made_at = transaction_timestamp()))
    THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'audit_logs rows are never changed or removed' USING ERRCODE = 'insufficient_privilege';
END
$$;
