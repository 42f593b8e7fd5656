-- api.seal_hash(audit_seals)
-- What a seal is known by: SHA-256 of the seal before and of all that this one says. lib/audit/sealing.py reckons the
-- same.
CREATE FUNCTION api.seal_hash(p_seal audit_seals) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT sha256(p_seal.previous_hash || uuid_send(p_seal.organization_id) || int8send(p_seal.number)
                  || uuid_send(p_seal.after_id) || uuid_send(p_seal.through_id) || int8send(p_seal.row_count)
                  || int8send((extract(epoch FROM p_seal.sealed_at) * 1000000)::bigint)
                  || p_seal.rows_hash || sha256(p_seal.leaves))
$$;
