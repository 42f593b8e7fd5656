-- api.card_of(orchestration_templates)
-- What stands on a template's card, as a request for its being public holds it.
CREATE FUNCTION api.card_of(p_template orchestration_templates) RETURNS jsonb
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT jsonb_build_object('name', p_template.name, 'description', coalesce(p_template.description, ''),
                              'category', coalesce(p_template.category, ''), 'tags', to_jsonb(p_template.tags))
$$;
