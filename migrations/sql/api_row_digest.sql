-- api.row_digest(text)
-- 60 bits of the SHA-256 of a row as text: their sum over a table is the same in whatever order its rows are read.
CREATE FUNCTION api.row_digest(p_row text) RETURNS bigint
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT ('x' || left(encode(sha256(convert_to(p_row, 'UTF8')), 'hex'), 15))::bit(60)::bigint $$;
