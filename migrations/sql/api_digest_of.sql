-- api.digest_of(text)
-- What a word on an answer names its text by: SHA-256, as lib.reviews.service works it out.
CREATE FUNCTION api.digest_of(p_text text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, public, pg_temp
AS $$ SELECT encode(sha256(convert_to(p_text, 'UTF8')), 'hex') $$;
