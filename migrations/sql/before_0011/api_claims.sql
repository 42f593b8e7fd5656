-- api.claims()
-- Who asks, as the transaction announced it; an empty object where nobody did. After a transaction the setting is ''.
CREATE FUNCTION api.claims() RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT coalesce(nullif(current_setting('request.jwt.claims', true), ''), '{}')::jsonb $$;
