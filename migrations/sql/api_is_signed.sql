-- api.is_signed(text, text)
-- Whether claims were signed with a key of this installation: HMAC-SHA256 (RFC 2104) in hexadecimal digits. The policies'
-- functions have the same condition written out, because a call would cost the half again; lib/db/claims.py signs.
CREATE FUNCTION api.is_signed(p_claims text, p_signature text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT EXISTS (
        SELECT 1 FROM claim_keys k
         WHERE p_signature = encode(sha256(k.outer_pad || sha256(k.inner_pad || convert_to(p_claims, 'UTF8'))), 'hex'))
$$;
