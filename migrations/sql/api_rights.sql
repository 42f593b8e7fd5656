-- api.rights(text, jsonb)
-- What somebody of that role with those extra permissions may do: permission -> 'organization' or 'own'.
CREATE FUNCTION api.rights(p_role text, p_permissions jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT api.role_grants(p_role) || coalesce(jsonb_object_agg(word, 'organization'), '{}')
      FROM jsonb_array_elements_text(p_permissions) AS word
     WHERE api.role_grants('admin') ? word  -- a word of a later version is nobody's right yet
$$;
