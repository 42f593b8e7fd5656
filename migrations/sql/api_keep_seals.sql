-- api.keep_seals()
-- A seal is made once: nobody changes or removes one, the owner of the table included. Once, it is marked as one whose entries
-- retention removes: where all of them are older than the organization has set, no legal hold is open, and the seal before
-- is marked as well. Once, too, it is marked as one that an operator has accepted although it does not hold (api.accept_seal).
-- Those of a sample workspace go with its trail, in the transaction that removes it (api.remove_sample).
CREATE FUNCTION api.keep_seals() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF TG_OP = 'DELETE' AND EXISTS (
        SELECT 1 FROM organizations o WHERE o.id = OLD.organization_id AND o.sample_made_at = transaction_timestamp())
    THEN
        RETURN OLD;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.accepted_at IS NULL AND NEW.accepted_at = transaction_timestamp() THEN
        NEW.accepted_at := NULL;
        IF NEW IS NOT DISTINCT FROM OLD THEN
            NEW.accepted_at := transaction_timestamp();
            RETURN NEW;
        END IF;
    END IF;
    IF TG_OP = 'UPDATE' AND NEW.removed_at = transaction_timestamp() THEN
        NEW.removed_at := NULL;
        IF NEW IS NOT DISTINCT FROM OLD
           AND OLD.through_id < (SELECT api.first_id(api.cut_off('audit', api.retention_days(o.settings, 'audit')))
                                   FROM organizations o WHERE o.id = OLD.organization_id)
           AND NOT EXISTS (SELECT 1 FROM legal_holds h
                            WHERE h.organization_id = OLD.organization_id AND h.released_at IS NULL)
           AND NOT EXISTS (SELECT 1 FROM audit_seals s
                            WHERE s.organization_id = OLD.organization_id AND s.number < OLD.number
                              AND s.removed_at IS NULL)
        THEN
            NEW.removed_at := transaction_timestamp();
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'audit_seals rows are never changed or removed' USING ERRCODE = 'insufficient_privilege';
END
$$;
