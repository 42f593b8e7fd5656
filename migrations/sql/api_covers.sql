-- api.covers(jsonb, jsonb)
-- Whether rights are at least those others, as api.rights() says both.
CREATE FUNCTION api.covers(p_rights jsonb, p_others jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT NOT EXISTS (
        SELECT 1 FROM jsonb_each_text(p_others) AS other (permission, scope)
         WHERE p_rights ->> permission IS NULL OR scope = 'organization' AND p_rights ->> permission <> 'organization')
$$;
