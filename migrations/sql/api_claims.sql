-- api.claims()
-- Who asks, as the transaction announced it; an empty object where nobody did. After a transaction the setting is ''.
-- No search_path of its own: with one, PostgreSQL would not put its body into the statement that asks.
CREATE FUNCTION api.claims() RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT coalesce(nullif(current_setting('request.jwt.claims', true), ''), '{}')::jsonb $$;
